"""Planting faults in a copy, comparing it with a copy without them, and checking what was found.

Belongs here: writing the two copies, the comparison under the record's rules, and telling which fault of a batch was
not found. Does not belong here: which faults are planted (`batches`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recon_assets.comparison.dataset import Dataset
from recon_assets.comparison.duck import identifier, literal
from recon_assets.comparison.proof.faults import Counts, Edit, Fault, total
from recon_assets.comparison.proof.reproduction import Comparer
from recon_assets.comparison.proof.sample import Sample
from recon_assets.comparison.result import Comparison, Verdict
from recon_assets.comparison.rules import Rules


@dataclass(frozen=True)
class Outcome:
    """A fault, and what was wrongly found or not found; nothing, if all is well."""

    fault: Fault
    wrong: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """The fault was found and counted exactly, or rightly disregarded, and nothing else was found."""
        return not self.wrong


class Trial:
    """Puts a comparer on trial with copies of a sample, written below a folder."""

    def __init__(self, sample: Sample, folder: Path, rules: Rules, comparer: Comparer) -> None:
        self._sample, self._folder, self._rules, self._comparer = sample, folder, rules, comparer

    def outcomes(self, faults: Sequence[Fault]) -> list[Outcome]:
        """Of faults planted together; where something is wrong, of ever fewer of them, until it is plain which."""
        wrong = self._wrong(faults)
        if not wrong or len(faults) == 1:
            return [Outcome(fault, wrong) for fault in faults]
        half = len(faults) // 2
        found = self.outcomes(faults[:half]) + self.outcomes(faults[half:])
        if all(each.ok for each in found):
            apart = ("found by itself, but not together with others", *wrong)
            return [Outcome(fault, apart) for fault in faults]
        return found

    def _wrong(self, faults: Sequence[Fault]) -> tuple[str, ...]:
        """Plants the faults and compares: what was found otherwise than it was planted."""
        self._sample.session.keep("copy", "FROM base")
        self._edit([edit for fault in faults for edit in fault.prepared])
        one = self._written("source", {field.sql: field.name for field in self._sample.fields}, "n")
        rows = self._rows()
        self._edit([edit for fault in faults for edit in fault.edits])
        other = self._written("target", self._target_names(faults), "hash(n, 'another order')")
        found = self._comparer(one, other, self._rules)
        expected = total(fault.expected for fault in faults)
        verdict = expected.verdict(rows, strict_row_count=self._rules.strict_row_count)
        return _unlike(expected, rows, self._rows(), verdict, found)

    def _edit(self, edits: Sequence[Edit]) -> None:
        for edit in edits:
            self._sample.session.connection.execute(edit.sql, list(edit.bound))

    def _rows(self) -> int:
        return self._sample.session.row("SELECT count(*) FROM copy")[0]

    def _target_names(self, faults: Sequence[Fault]) -> dict[str, str]:
        names = {field.sql: field.target_name for field in self._sample.fields}
        for fault in faults:
            if fault.dropped is not None:
                column = next(field.sql for field in self._sample.fields if field.name == fault.dropped)
                del names[column]
                if fault.renamed is not None:
                    names[column] = fault.renamed
        return names

    def _written(self, side: str, names: dict[str, str], order: str) -> Dataset:
        file = self._folder / f"{side}.parquet"
        columns = ", ".join(f"{sql} AS {identifier(name)}" for sql, name in names.items())
        self._sample.session.connection.execute(
            f"COPY (SELECT {columns} FROM copy ORDER BY {order}) TO {literal(str(file))} (FORMAT parquet)"
        )
        return Dataset.parquet(
            [file], label=f"the {side}'s copy" if side == "source" else "the copy with planted faults"
        )


def _unlike(
    expected: Counts, source_rows: int, target_rows: int, verdict: Verdict, comparison: Comparison
) -> tuple[str, ...]:
    wanted = {
        "verdict": verdict.value,
        "source rows": source_rows,
        "target rows": target_rows,
        **expected.facts(),
    }
    found = {
        "verdict": comparison.verdict.value,
        "source rows": comparison.source_rows,
        "target rows": comparison.target_rows,
        **Counts.of(comparison).facts(),
    }
    return tuple(
        f"{name}: {found.get(name, 'none')}, not {wanted.get(name, 'none')}"
        for name in wanted | found
        if found.get(name) != wanted.get(name)
    )
