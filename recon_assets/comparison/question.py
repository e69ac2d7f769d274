"""What sums leave open: the rows that have to be looked at, and where the others are.

Does not belong here: which rows these are (`steps`), or what is found among them.
"""

from dataclasses import dataclass

from recon_assets.comparison.keys import OddKeys
from recon_assets.comparison.plan import Plan


@dataclass(frozen=True)
class Question:
    """The rows that are left to look at: those of `plan` where `where` (over `k`) holds, which are those of `whole`
    where `in_whole` does. `copied`: `plan` is of copies, cheap to read. `others`: whether `whole` has all the other
    rows, too; else those with a partner are `partnered` apiece (how many one of them stands for). `odd`: what is known
    of the rows' keys, if anything; the table `odd_keys` is then there."""

    plan: Plan
    where: str
    whole: Plan
    in_whole: str
    copied: bool
    others: bool = True
    partnered: float = 1.0
    odd: OddKeys | None = None
