"""Texts that write the same number, time or UUID differently.

Belongs here: texts of equal meaning on both sides. Does not belong here: a text beside another type (`cross_types`).
"""

from recon_assets.comparison.causes.guess import Finder, Guess, Sampled
from recon_assets.comparison.causes.operands import Operands

_NUMBER = r"\s*[-+]?\d{1,20}(\.\d{0,16})?\s*"


def _guesses(operands: Operands, _: Sampled) -> list[Guess]:
    x, y = operands.x, operands.y
    numbers = " AND ".join(f"regexp_full_match({v}, '{_NUMBER}')" for v in (x, y))
    decimals = " = ".join(f"TRY_CAST({v} AS DECIMAL(37,16))" for v in (x, y))
    dated = " AND ".join(rf"regexp_matches({v}, '^\s*\d{{4}}-\d\d-\d\d')" for v in (x, y))
    times = " = ".join(f"TRY_CAST({v} AS TIMESTAMP)" for v in (x, y))
    uuids = " = ".join(f"TRY_CAST({v} AS UUID)" for v in (x, y))
    return [
        Guess("written_form", "the same number, written differently", f"{numbers} AND {decimals}"),
        Guess("written_form", "the same date or time, written differently", f"{dated} AND {times}"),
        Guess("written_form", "the same UUID, written differently", uuids),
    ]


FINDERS = [Finder(_guesses)]
