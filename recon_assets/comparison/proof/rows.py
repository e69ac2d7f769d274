"""The faults in rows and in columns as such.

Belongs here: rows dropped, doubled and added, keys that repeat, columns dropped and renamed. Does not belong here:
changed values (`values`).
"""

from collections.abc import Iterator

from recon_assets.comparison.proof.changes import Change
from recon_assets.comparison.proof.faults import Counts, Edit, Fault, Proposal, set_to
from recon_assets.comparison.proof.fields import Field
from recon_assets.comparison.proof.sample import Sample
from recon_assets.comparison.proof.values import least_changes

_FEW = 5
"""Of how many rows and columns one is chosen."""
_ONE, _TWO = 1_000_001, 1_000_002  # numbers of added rows, beyond those of any sample
_NO_VALUES = "every compared column is a key"


def row_proposals(sample: Sample, *, keyed: bool) -> Iterator[list[Proposal]]:
    """The proposals, each of which is planted by itself. `keyed`: rows pair by a declared key."""
    rows = _Rows(sample, keyed)
    yield [rows.dropped()]
    yield [rows.doubled()]
    yield [rows.added()]
    yield [rows.copies_changed_alike()]
    yield [rows.one_of_several_dropped()]
    yield [rows.one_of_several_changed()]
    compared = [field for field in sample.fields if not field.ignored]
    can = [field for field in compared if not (keyed and field.identity)]
    otherwise = "no other column is left to compare" if len(compared) == 1 else _NO_VALUES
    can = [field for field in can if field.name.lower() == field.target_name.lower()] if len(compared) > 1 else []
    yield [_column_dropped(can, otherwise)]
    yield [_column_renamed(can, compared, otherwise)]


class _Rows:
    """The faults in rows of one sample."""

    def __init__(self, sample: Sample, keyed: bool) -> None:
        self._keyed, self._some = keyed, sample.any_rows(_FEW)
        self._identity = [field for field in sample.fields if field.identity]
        values = [field for field in sample.fields if not field.identity and not field.ignored]
        self._repeats = Counts(repeated_source=1, repeated_target=1) if keyed else Counts()
        self._new_keys = self._least(sample, self._identity)
        self._new_values = self._least(sample, values) if keyed else self._new_keys

    def dropped(self) -> Proposal:
        row = self._some[0]
        return self._one("row dropped", row, Counts(missing=1), _drop(row))

    def doubled(self) -> Proposal:
        row = self._some[0]
        return self._one("row doubled", row, Counts(extra=1, repeated_target=int(self._keyed)), _add(row, _ONE))

    def added(self) -> Proposal:
        """A copy of a row with another key, or without keys with another value."""
        name = "row with a new key added" if self._keyed else "row added"
        options = [
            self._changed(name, field, row, change, Counts(extra=1), (_add(row, _ONE), set_to(field, _ONE, change)))
            for field, row, change in self._new_keys
        ]
        return Proposal(name, "rows", options, "no change of a key is known")

    def copies_changed_alike(self) -> Proposal:
        """A row that both sides have twice, changed alike in both copies: sums see it, XOR does not."""
        options = []
        for field, row, change in self._new_values:
            expected = self._repeats + Counts(differences={field.name: 2}) if self._keyed else Counts(2, 2)
            edits = (set_to(field, row, change), set_to(field, _ONE, change))
            options.append(
                self._changed(
                    "both copies of a row changed alike", field, row, change, expected, edits, (_add(row, _ONE),)
                )
            )
        return Proposal("both copies of a row changed alike", "rows", options, _NO_VALUES)

    def one_of_several_dropped(self) -> Proposal:
        name = "one of several rows of a key dropped" if self._keyed else "one copy of a row dropped"
        row, several = self._some[0], self._several(self._some[0])
        # of two rows with a key, one is left, of which the key does not repeat
        repeats = self._repeats if len(several) > 1 else Counts(repeated_source=int(self._keyed))
        return self._one(name, row, repeats + Counts(missing=1), _drop(row), several)

    def one_of_several_changed(self) -> Proposal:
        name = "one of several rows of a key changed" if self._keyed else "one copy of a row changed"
        options = []
        for field, row, change in self._new_values:
            expected = self._repeats + Counts(differences={field.name: 1}) if self._keyed else Counts(1, 1)
            edits = (set_to(field, row, change),)
            options.append(self._changed(name, field, row, change, expected, edits, self._several(row)))
        return Proposal(name, "rows", options, _NO_VALUES)

    def _least(self, sample: Sample, fields: list[Field]) -> list[tuple[Field, int, Change]]:
        return [(field, row, change) for field in fields[:_FEW] for row, change in least_changes(sample, field)]

    def _several(self, row: int) -> tuple[Edit, ...]:
        """Done to both copies: the row twice and, with keys, once more another one under its key."""
        another = next((n for n in self._some if n != row), None)
        if not self._keyed or another is None:
            return (_add(row, _ONE),)
        key = ", ".join(f"{f.sql} = (SELECT b.{f.sql} FROM base AS b WHERE b.n = {row})" for f in self._identity)
        return (_add(row, _ONE), _add(another, _TWO), Edit(f"UPDATE copy SET {key} WHERE n = {_TWO}"))

    def _one(self, name: str, row: int, expected: Counts, edit: Edit, prepared: tuple[Edit, ...] = ()) -> Proposal:
        fault = Fault(name, "rows", "one row", expected, (edit,), prepared, cells=frozenset({(row, "")}))
        return Proposal(name, "rows", [fault], "")

    def _changed(
        self,
        name: str,
        field: Field,
        row: int,
        change: Change,
        expected: Counts,
        edits: tuple[Edit, ...],
        prepared: tuple[Edit, ...] = (),
    ) -> Fault:
        made = ((row, ((field, change),)),) if field.identity else ()
        shown = f"{field.name}: {change.shown}"
        return Fault(
            name, "rows", shown, expected, edits, prepared, cells=frozenset({(row, field.name)}), new_rows=made
        )


def _column_dropped(can: list[Field], otherwise: str) -> Proposal:
    """The last column."""
    faults = [
        Fault("column dropped", f.name, "dropped", Counts(missing_columns=frozenset({f.name})), dropped=f.name)
        for f in can[-1:]
    ]
    return Proposal("column dropped", faults[0].place if faults else "columns", faults, otherwise)


def _column_renamed(can: list[Field], compared: list[Field], otherwise: str) -> Proposal:
    """The column before the last, if there is one."""
    names = {each.lower() for field in compared for each in (field.name, field.target_name)}
    faults = []
    for old in [field.name for field in can[-2:][:1]]:
        new = f"{old}_renamed"
        while new.lower() in names:
            new += "_"
        apart = Counts(missing_columns=frozenset({old}), extra_columns=frozenset({new}))
        faults.append(Fault("column renamed", old, f"{old} → {new}", apart, dropped=old, renamed=new))
    return Proposal("column renamed", faults[0].place if faults else "columns", faults, otherwise)


def _drop(row: int) -> Edit:
    return Edit(f"DELETE FROM copy WHERE n = {row}")


def _add(row: int, number: int) -> Edit:
    return Edit(f"INSERT INTO copy SELECT * REPLACE ({number} AS n) FROM base WHERE n = {row}")
