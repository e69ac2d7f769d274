"""Fingerprints: an order-independent checksum of a table's rows.

Belongs here: the fingerprint of one table, from stored files or from rows passing by, which must agree. Does
not belong here: comparing two tables (`scan` has the keyed, per-column form), or the hash functions
(`hashing`).

Per column and for whole rows: two sums, modulo 2^64 each, of two different 64-bit hashes. Sums
don't depend on the order of rows and, unlike XOR, count copies.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Self

import duckdb
import pyarrow as pa

from recon_assets.comparison.dataset import Dataset
from recon_assets.comparison.duck import first_line, identifier, one_row, session
from recon_assets.comparison.errors import ComparisonError, close_names
from recon_assets.comparison.hashing import SCHEME, digests, total

_ROWS_PER_QUERY = 100_000  # a query costs about a millisecond: small batches are gathered up to this many rows


@dataclass(frozen=True)
class Fingerprint:
    """A table's content: equal for equal multisets of rows in any order; `==` compares content and scheme.

    `columns` maps lower-case column names to 32 hex digits, `row_digest` is the same over whole rows.
    """

    scheme: str
    rows: int
    columns: dict[str, str]
    row_digest: str

    @property
    def digest(self) -> str:
        """All of it as one hex string of 64 digits, for use as a data version."""
        return sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The JSON record that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """What `to_json` wrote. Raises ComparisonError for any other record."""
        try:
            return cls(record["scheme"], record["rows"], dict(record["columns"]), record["row_digest"])
        except (KeyError, TypeError, ValueError) as error:
            raise ComparisonError(f"not a fingerprint's record: {record!r}; compute it anew") from error


class FingerprintStream:
    """Fingerprints rows as they pass by in Arrow batches; memory is one query's worth of rows.

    Raises ComparisonError for a column type that has no fingerprint.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        self._types = _duck_types(self._connection, schema)
        self._sums = Sums(list(self._types))
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0

    def update(self, batch: pa.RecordBatch) -> None:
        """Takes in the rows of one batch, whose schema must be the stream's."""
        if batch.schema.types != self._schema.types or batch.schema.names != self._schema.names:
            raise ComparisonError(f"a batch of columns {batch.schema} in a stream of {self._schema}")
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        if self._waiting_rows >= _ROWS_PER_QUERY:
            self._flush()

    def result(self) -> Fingerprint:
        """The fingerprint of all rows so far; more may follow."""
        self._flush()
        return self._sums.fingerprint()

    def _flush(self) -> None:
        if self._waiting_rows:
            waiting = pa.Table.from_batches(self._waiting, self._schema)
            self._connection.register("waiting", waiting)
            columns = {name: (identifier(name), type_) for name, type_ in self._types.items()}
            self._sums.add(one_row(self._connection, _sums_query(columns, "waiting")))
            self._connection.unregister("waiting")
        self._waiting, self._waiting_rows = [], 0


def fingerprint(dataset: Dataset, schema: pa.Schema) -> Fingerprint:
    """The fingerprint of stored rows, each column first cast to `schema`'s type, in one streaming scan.

    Equal to a FingerprintStream's over the same rows, so it shows that files hold what passed by. Columns are
    found by name without regard to case; others are left out. Raises ComparisonError when a column is
    missing, a value can't be cast, or a file can't be read.
    """
    with session() as duck:
        connection = duck.connection
        query, sums = sums_of(dataset.label, list(dataset.create_view(connection, "stored")), schema, "stored")
        try:
            sums.add(one_row(connection, query))
        except duckdb.Error as error:
            raise ComparisonError(
                f"{dataset.label}: {first_line(error)}; the file does not hold rows of the expected types"
            ) from error
        return sums.fingerprint()


def sums_of(label: str, stored: Sequence[str], schema: pa.Schema, relation: str) -> tuple[str, "Sums"]:
    """The query that sums up (a part of) a relation with the columns `stored`, each first cast to `schema`'s type, and
    what its row is added to. Raises ComparisonError when a column is missing."""
    there = {name.lower(): name for name in stored}
    columns = {}
    with duckdb.connect() as connection:
        types = _duck_types(connection, schema)
    for name, type_ in types.items():
        if name.lower() not in there:
            raise ComparisonError(f"{label}: no column {name!r}; {close_names(name, stored)}")
        columns[name] = (f"CAST({identifier(there[name.lower()])} AS {type_})", type_)
    return _sums_query(columns, relation), Sums(list(columns))


def _duck_types(connection: duckdb.DuckDBPyConnection, schema: pa.Schema) -> dict[str, str]:
    for field in schema:
        if pa.types.is_decimal256(field.type) and field.type.precision > 38:
            raise ComparisonError(f"column {field.name!r}: {field.type} has no fingerprint (38 digits at most)")
    empty = schema.empty_table()
    connection.register("empty", empty)
    try:
        described = connection.execute("DESCRIBE FROM empty").fetchall()
    except duckdb.NotImplementedException as error:
        raise ComparisonError(f"a column type has no fingerprint: {first_line(error)}") from error
    connection.unregister("empty")
    return {row[0]: "INTEGER" if row[1] == '"NULL"' else row[1] for row in described}


def _sums_query(columns: dict[str, tuple[str, str]], relation: str) -> str:
    """One row: count, then two sums per column, then two for whole rows."""
    named = [(f"c{i}", type_) for i, (_, type_) in enumerate(columns.values())]
    sums = [total(digest) for each in [*([one] for one in named), named] for digest in digests(each)]
    rows = ", ".join(f"{sql} AS c{i}" for i, (sql, _) in enumerate(columns.values())) or "0 AS nothing"
    return f"SELECT count(*), {', '.join(sums)} FROM (SELECT {rows} FROM {relation})"


class Sums:
    """Running sums, modulo 2^64."""

    def __init__(self, names: list[str]) -> None:
        self._names = [name.lower() for name in names]
        self._rows = 0
        self._sums = [0] * (2 * len(names) + 2)

    def add(self, row: Sequence[int]) -> None:
        """Takes in the sums of further rows: their count, and two sums per column and for whole rows."""
        self._rows += row[0]
        self._sums = [(a + b) % 2**64 for a, b in zip(self._sums, row[1:], strict=True)]

    def fingerprint(self) -> Fingerprint:
        """The fingerprint of all rows so far."""
        digests = [f"{a:016x}{b:016x}" for a, b in zip(self._sums[::2], self._sums[1::2], strict=True)]
        return Fingerprint(SCHEME, self._rows, dict(zip(self._names, digests[:-1], strict=True)), digests[-1])
