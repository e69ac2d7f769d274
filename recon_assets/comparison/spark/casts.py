"""Casts in Spark's SQL that give what DuckDB's do.

Belongs here: for a value of known or unknown type, the SQL of its text, its whole number, its time. Does not belong
here: which cast the plan asks for (`generator`).

The plan's SQL does not say of what type a column is; Spark knows. `typeof` is a constant to Spark's optimizer, so a
CASE over it costs nothing when rows are read, and a type that a cast is not proven for ends in an error, never in
another value.
"""

from sqlglot import exp

from recon_assets.comparison.spark.kinds import EXACT
from recon_assets.comparison.spark.text import quoted

_WHOLE = "boolean|tinyint|smallint|int|bigint|void"
_EXACT = rf"{_WHOLE}|decimal\([0-9]+,[0-9]+\)"


def text(value: str) -> str:
    """The text of a scalar of whatever type; an error for nested and other values."""
    plain = f"CAST({value} AS STRING)"
    whens = "".join(
        f" WHEN typeof({value}) = '{spark_type}' THEN {TEXTS[type_](plain)}" for spark_type, type_ in _WRITTEN.items()
    )
    rest = only(value, rf"{_EXACT}|string|time\([0-9]+\)", plain, "text")
    return f"CASE{whens} ELSE {rest} END"


def exact(value: str, cast: str) -> str:
    """A cast of a whole number, decimal or boolean; an error for any other type."""
    return only(value, _EXACT, cast, "an exact number")


def whole(value: str, cast: str) -> str:
    """A cast of a whole number or boolean; an error for any other type."""
    return only(value, _WHOLE, cast, "a whole number")


def number(value: str, cast: str) -> str:
    """A cast of any number or boolean; an error for any other type."""
    return only(value, f"{_EXACT}|float|double", cast, "a float")


def moment(value: str, cast: str) -> str:
    """A cast of a date or timestamp; an error for any other type."""
    return only(value, "date|timestamp|timestamp_ntz|void", cast, "a date or timestamp")


def time(value: str, cast: str) -> str:
    """A cast of a time; an error for any other type."""
    return only(value, r"time\([0-9]\)|void", cast, "a time")


def only(value: str, types: str, sql: str, wanted: str) -> str:
    """SQL that is used for values of some types (a pattern), and an error for others."""
    error = f"raise_error(concat({quoted(f'on Spark nothing is proven of {wanted} made of ')}, typeof({value})))"
    pattern = quoted(rf"\A(?:{types})\z")
    return f"CASE WHEN typeof({value}) RLIKE {pattern} THEN {sql} ELSE {error} END"


def without_mixed_floats(one: str, other: str, sql: str) -> str:
    """SQL of arithmetic; an error where a REAL meets another type, which makes it a double on Spark and not on
    DuckDB."""
    mixed = f"typeof({one}) <> typeof({other}) AND 'float' IN (typeof({one}), typeof({other}))"
    return (
        f"CASE WHEN {mixed} THEN raise_error('on Spark no arithmetic of REAL and other types is proven') ELSE {sql} END"
    )


def double_to_whole(value: str) -> str:
    """A double, rounded (half to even), as the whole number it is; NULL for one of more than 38 digits.

    Spark's own cast goes by the double's shortest text, which beyond 2^53 is another number. A double from 2^116 on is
    a multiple of 2^64; dividing by a power of two, and the rest of such a division, are exact.
    """
    size, unit, large_unit = "abs(v)", 2**53, 2**64

    def decimal(sql: str) -> str:
        return f"CAST({sql} AS DECIMAL(38,0))"

    def part(sql: str) -> str:
        return decimal(f"CAST({sql} AS BIGINT)")

    middle = f"{part(f'v / {unit}D')} * {decimal(unit)} + {part(f'v % {unit}D')}"
    large = f"{part(f'v / {large_unit}D')} * {decimal(large_unit)}"
    body = (
        f"CASE WHEN {size} < {2**62}D THEN {part('v')} WHEN {size} < {2**116}D THEN {middle}"
        f" WHEN {size} <= 1.0E38D THEN {large} END"
    )
    return let(f"rint(CAST({value} AS DOUBLE))", "v", body)


def let(value: str, name: str, body: str) -> str:
    """SQL in which a value that is used several times is computed once, under a name."""
    return f"element_at(transform(array({value}), {name} -> {body}), 1)"


def double_text(java: str) -> str:
    """A double's shortest digits in DuckDB's notation, given the text that Spark has for it.

    Before version 19, Java wrote some doubles with more digits than identify them (2.0E23 as 1.9999999999999998E23), or
    with other ones than the nearest. Texts of up to 15 digits identify at most one double, so a double that has one is
    known by it; else it has one of 16 digits near Java's, or one of 17, whose last may then not be the nearest.
    """
    up_and_down = (
        "concat(CAST(CAST(substring_index({0}, 'e', 1) AS DECIMAL(18,15)) {1} CAST('1E-15' AS DECIMAL(15,15))"
        " AS STRING), 'e', substring_index({0}, 'e', -1))"
    )
    sixteen = _rounded("CAST(t AS DOUBLE)", "16")
    others = [sixteen, up_and_down.format(sixteen, "+"), up_and_down.format(sixteen, "-")]
    candidates = [_rounded("CAST(t AS DOUBLE)", "15"), *others, _rounded("CAST(t AS DOUBLE)", "17")]
    identifies = "TRY_CAST(c AS DOUBLE) = CAST(t AS DOUBLE)"
    first = f"try_element_at(filter(array({', '.join(candidates)}, t), c -> {identifies}), 1)"
    shortest = let(java, "t", f"CASE WHEN coalesce(length(t), 0) <= 16 THEN t ELSE coalesce({first}, t) END")
    return let(shortest, "t", _notation())


def float_text(java: str) -> str:
    """The same for a REAL, whose texts of up to 6 digits identify it, and which needs 9 at most.

    Where the shortest digits lie halfway between two REALs, or two lie equally near, DuckDB writes the exact value.
    """

    def near(n: str, factor: str) -> str:
        return f"CAST(CAST({_rounded('v', n)} AS DOUBLE) * {factor} AS FLOAT) = CAST(v AS FLOAT)"

    below, above = (lambda n: near(n, "0.999999999999999D")), (lambda n: near(n, "1.000000000000001D"))
    fewest = f"try_element_at(filter(array(6, 7, 8, 9), n -> {below('n')} OR {above('n')}), 1)"
    one_more = _rounded("v", "n + 1")
    tie = f"CAST({one_more} AS DOUBLE) = v AND substring_index({one_more}, 'e', 1) LIKE '%5'"
    strict = f"{below('n')} AND {above('n')} AND NOT ({tie})"
    shortest = f"CASE WHEN {strict} THEN {_rounded('v', 'n')} ELSE {_rounded('v', '17')} END"
    usual = "coalesce(abs(v) < CAST('Infinity' AS DOUBLE) AND v <> 0, false)"
    found = let(fewest, "n", shortest)
    value = "CAST(CAST(t AS FLOAT) AS DOUBLE)"
    digits = let(java, "t", let(value, "v", f"CASE WHEN {usual} THEN {found} ELSE t END"))
    return let(digits, "t", _notation())


def _rounded(double: str, digits: str) -> str:
    return f"format_string(concat('%.', {digits} - 1, 'e'), {double})"


def _notation() -> str:
    """A float's text `t` as DuckDB writes it: with an exponent below 1e-4 and from 1e16 on."""
    size = "abs(CAST(t AS DOUBLE))"
    digits = "regexp_replace(CAST(CAST(t AS DECIMAL(38,22)) AS STRING), '([.][0-9]+?)0+$', '$1')"
    exponent = "replace(lower(t), 'infinity', 'inf')"
    for pattern, replacement in (
        ("e([0-9])", "e+$1"),
        ("e([+-])([0-9])$", "e$10$2"),
        ("([.][0-9]*?)0+e", "$1e"),
        ("[.]e", "e"),
    ):
        exponent = f"regexp_replace({exponent}, '{pattern}', '{replacement}')"
    return f"CASE WHEN {size} = 0 THEN t WHEN {size} >= 1.0E-4D AND {size} < 1.0E16D THEN {digits} ELSE {exponent} END"


def _era(text_: str) -> str:
    """Spark puts a plus before years of more than four digits."""
    return f"trim(LEADING '+' FROM {text_})"


def _bytes_text(binary: str) -> str:
    """DuckDB writes what is no plain ASCII, and quotes and backslashes, as \\x and two digits."""
    code = "CAST(conv(p, 16, 10) AS INT)"
    each = (
        f"CASE WHEN {code} BETWEEN 32 AND 126 AND p NOT IN ('22', '27', '5C') THEN chr({code})"
        " ELSE concat('\\\\x', p) END"
    )
    return f"array_join(transform(regexp_extract_all(hex({binary}), '..', 0), p -> {each}), '')"


def _unchanged(spark_text: str) -> str:
    return spark_text


TEXTS = (
    dict.fromkeys((*EXACT, exp.DType.TIME), _unchanged)
    | dict.fromkeys((exp.DType.DATE, exp.DType.TIMESTAMPNTZ), _era)
    | {
        exp.DType.TIMESTAMPTZ: lambda spark_text: f"concat({_era(spark_text)}, '+00')",
        exp.DType.DOUBLE: double_text,
        exp.DType.FLOAT: float_text,
        exp.DType.VARBINARY: lambda spark_text: _bytes_text(f"CAST({spark_text} AS BINARY)"),
    }
)
"""DuckDB's text of a type, made of Spark's."""

_WRITTEN = {
    "double": exp.DType.DOUBLE,
    "float": exp.DType.FLOAT,
    "timestamp": exp.DType.TIMESTAMPTZ,
    "timestamp_ntz": exp.DType.TIMESTAMPNTZ,
    "date": exp.DType.DATE,
    "binary": exp.DType.VARBINARY,
}
