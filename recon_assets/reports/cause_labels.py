"""What the causes are called where people read of them.

Belongs here: a short label per identifier, and nothing else of a cause. Does not belong here: when a cause is
claimed and its facts (`comparison.causes`), or what to do about it (docs/causes.md).
"""

UNEXPLAINED = "unexplained"
"""The identifier of what no cause holds for."""

LABELS = {
    # values
    "null_constant": "NULL against a constant",
    "rounding": "rounded",
    "truncation": "digits cut off",
    "integer_division": "integer division",
    "overflow": "overflow",
    "float_noise": "floating-point noise",
    "sign": "sign flipped",
    "factor": "constant factor",
    "offset": "constant offset",
    "time_shift": "time shifted",
    "timestamp_precision": "fractions of a second lost",
    "midnight": "time of day lost",
    "space": "blanks",
    "case": "upper and lower case",
    "normalization": "Unicode normalization",
    "encoding": "encoding damaged",
    "cut_text": "text cut off",
    "type": "same value, other type",
    "written_form": "same value, written differently",
    "constant": "a constant",
    "null": "NULL instead of values",
    "swapped_columns": "columns swapped",
    "other_row": "value of another row",
    "volatile": "volatile value",
    # missing and extra rows
    "fan_out": "rows multiplied",
    "collapsed": "copies collapsed",
    "null_key": "NULL in the key",
    "key_differs": "key written differently",
    "predicate": "common condition",
    # either
    UNEXPLAINED: "unexplained",
}


def cause_label(cause: str) -> str:
    """The label of a cause's identifier; one that has none is shown by its own words."""
    return LABELS.get(cause, cause.replace("_", " "))
