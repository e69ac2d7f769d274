"""Two tables as the search for causes of missing and extra rows gets them, and three data sets to plant faults in."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from recon_assets.comparison.causes.rows import KeyColumn, RowColumn, UnpairedRows, explain_rows
from recon_assets.comparison.duck import identifier
from recon_assets.comparison.result import RowCause

ROW_ID = "row_id"
"""The column by which tests recognise rows; where a table has it, it is shown but never described by."""


@dataclass(frozen=True)
class Explained:
    """The causes found, by which side they are of."""

    missing: list[RowCause]
    extra: list[RowCause]

    def sentences(self) -> list[tuple[str, str, int]]:
        """Role, detail and rows of every cause."""
        return [(role, c.detail, c.rows) for role in ("missing", "extra") for c in getattr(self, role)]


def explained(
    connection: duckdb.DuckDBPyConnection, keys: Sequence[str], *, whole_row: bool = False, samples: int = 2
) -> Explained:
    """Explains the rows without a partner between the tables `source` and `target`, whose columns agree by name."""
    connection.execute("SET TimeZone = 'UTC'")
    names = [name for name, *_ in connection.execute("DESCRIBE source").fetchall()]
    pairing = [n for n in names if n != ROW_ID] if whole_row else list(keys)
    sides = (
        unpaired(connection, "source", "target", pairing, whole_row),
        unpaired(connection, "target", "source", pairing, whole_row),
    )
    key_columns = [KeyColumn(n, *(next(c.index for c in s.columns if c.name == n) for s in sides)) for n in pairing]
    return Explained(*explain_rows(connection, *sides, key_columns, samples, whole_row=whole_row))


def unpaired(
    connection: duckdb.DuckDBPyConnection, role: str, other: str, keys: Sequence[str], whole_row: bool
) -> UnpairedRows:
    """One side: rows pair where all keys are equal, as often as both sides have them."""
    described = connection.execute(f"DESCRIBE {role}").fetchall()
    columns = [RowColumn(i, name, type_, name in keys) for i, (name, type_, *_) in enumerate(described)]
    by = ", ".join(identifier(key) for key in keys)
    same = " AND ".join(f"s.{identifier(key)} IS NOT DISTINCT FROM t.{identifier(key)}" for key in keys)
    chosen = ", ".join(f"s.{identifier(c.name)} AS {c.sql}" for c in columns)
    mine = f"SELECT *, hash({by}) AS _k, count(*) OVER (PARTITION BY {by}) AS _mine, row_number() OVER (PARTITION BY {by}) AS _n FROM {role}"
    theirs = f"SELECT {by}, count(*) AS _theirs FROM {other} GROUP BY {by}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE rows_of_{role} AS SELECT {chosen}, _k AS k,"
        f" _n > coalesce(_theirs, 0) AS unpaired, _mine AS mine, coalesce(_theirs, 0) AS theirs"
        f" FROM ({mine}) AS s LEFT JOIN ({theirs}) AS t ON {same}"
    )
    ((without, rows),) = connection.execute(
        f"SELECT count(*) FILTER (unpaired), count(*) FROM rows_of_{role}"
    ).fetchall()
    return UnpairedRows(role, f"SELECT * FROM rows_of_{role}", columns, without, rows)
