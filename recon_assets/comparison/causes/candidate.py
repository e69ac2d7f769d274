"""What the search for causes works with: the differing columns it is given, and the candidates it proposes.

Does not belong here: finding candidates (`values` and its catalogue, `rows`), or counting what they hold for.
"""

from dataclasses import dataclass

from recon_assets.comparison.rules import ColumnRule


@dataclass(frozen=True)
class DifferingColumn:
    """A column whose values differ, as a relation of pairs has it: `a<index>` is the source's value, `b<index>` the
    target's, each as it was read, and `d<index>` whether they differ under the rule (never NULL).

    The types are DuckDB's. CSV text that can't be read as its type is NULL here.
    """

    index: int
    name: str
    source_type: str
    target_type: str
    rule: ColumnRule

    @property
    def a(self) -> str:
        return f"a{self.index}"

    @property
    def b(self) -> str:
        return f"b{self.index}"

    @property
    def differs(self) -> str:
        return f"d{self.index}"


@dataclass(frozen=True)
class Candidate:
    """A cause that may explain differences of one column.

    `holds` is SQL over a row of pairs: true where the cause explains that row's difference, otherwise false or NULL.
    It says nothing of rows that don't differ. Where it needs more than the row itself, `lookup` names a temporary table
    to LEFT JOIN by `k`, which has at most one row for each `k` and whose other columns no other relation has.
    """

    column: int
    cause: str
    detail: str
    holds: str
    lookup: str | None = None
