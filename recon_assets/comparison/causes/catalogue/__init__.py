"""The known causes, one module for each idea, and which of them make sense for which family of types.

Belongs here: what is guessed, from what, and the exact SQL of it. Does not belong here: judging guesses (`evidence`,
`selection`).
"""

from recon_assets.comparison.causes.catalogue import (
    constants,
    cross_types,
    encodings,
    float_noise,
    number_changes,
    overflow,
    rounding,
    texts,
    time_shifts,
    timestamps,
    written_forms,
)
from recon_assets.comparison.causes.guess import Finder
from recon_assets.comparison.causes.operands import Operands

_NUMBERS = [*rounding.FINDERS, *overflow.FINDERS, *float_noise.FINDERS, *number_changes.FINDERS]
_TEXTS = [*texts.FINDERS, *encodings.FINDERS, *written_forms.FINDERS]
_TIMESTAMPS = [*timestamps.FINDERS, *time_shifts.FINDERS]
_BY_FAMILY = {
    "number": _NUMBERS,
    "text": _TEXTS,
    "timestamp": _TIMESTAMPS,
    "time": _TIMESTAMPS,
}


def finders(operands: Operands) -> list[Finder]:
    """What to look for in a column."""
    if operands.family is None:
        return [*constants.FINDERS, *cross_types.FINDERS]
    return [*constants.FINDERS, *_BY_FAMILY.get(operands.family, [])]
