"""The verdict, and the one sentence that gives its reason.

Belongs here: DESIGN's conditions for MATCH, PARTIAL MATCH and NO MATCH. Does not belong here: counting.
"""

from recon_assets.comparison.result import ColumnResult, Verdict


def decide(
    *,
    source_rows: int,
    target_rows: int,
    paired: int,
    columns: list[ColumnResult],
    unpaired_keys: list[str],
    strict_row_count: bool,
    whole_row: bool,
) -> tuple[Verdict, str]:
    """The verdict and its reason."""
    missing, extra = source_rows - paired, target_rows - paired
    if unpaired_keys:
        names = ", ".join(unpaired_keys)
        return Verdict.NO_MATCH, f"The sides cannot be compared: only one of them has the key column {names}."
    if not any(c.status in ("equal", "different") for c in columns):
        return Verdict.NO_MATCH, "The sides cannot be compared: they have no column in common."
    differing = [c for c in columns if c.status == "different"]
    one_sided = [c for c in columns if c.status in ("missing", "extra")]
    rows_agree, values_agree = not missing and not extra, not differing
    if rows_agree and values_agree and not one_sided:
        return Verdict.MATCH, f"Both sides have the same rows ({source_rows}), equal in every compared value."
    facts = []
    if strict_row_count and source_rows != target_rows:
        facts.append(f"the row counts differ ({source_rows} against {target_rows}), which strict_row_count forbids")
    if missing:
        facts.append(f"{_count(missing, 'row')} of the source missing from the target")
    if extra:
        facts.append(f"{_count(extra, 'extra row')} in the target")
    if differing:
        worst = sorted(differing, key=lambda c: -c.differences)
        named = ", ".join(f"{c.name} ({c.differences})" for c in worst[:3]) + (", …" if len(worst) > 3 else "")
        facts.append(f"values differ in {_count(len(differing), 'column')}: {named}")
    if one_sided:
        named = ", ".join(f"{c.name} ({c.status})" for c in one_sided[:3]) + (", …" if len(one_sided) > 3 else "")
        facts.append(f"{_count(len(one_sided), 'column')} on one side only: {named}")
    if not source_rows or not target_rows:
        facts.insert(0, f"the {'source' if not source_rows else 'target'} has no rows")
    elif not paired:
        facts.insert(0, f"no row of the source equals one of the target{'' if whole_row else ' in its key'}")
    reason = "; ".join(facts)
    reason = reason[0].upper() + reason[1:] + "."
    fails = not paired or (not rows_agree and not values_agree) or (strict_row_count and source_rows != target_rows)
    return (Verdict.NO_MATCH if fails else Verdict.PARTIAL_MATCH), reason


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
