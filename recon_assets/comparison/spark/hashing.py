"""How values become hashes in Spark: the counterpart of `comparison.hashing`, with the same functions.

Belongs here: hash expressions, in the plan's SQL with Spark's own functions, and why they are built so. Does not belong
here: what is hashed together (`digests`).

Everything is hashed twice, by `xxhash64` with two different seeds, and both are summed. What was found of `xxhash64` in
Spark 4.2, and what is done about it:
- NULLs are skipped, so that (NULL, 1) hashes like (1, NULL) and 1 alone: which values are NULL is hashed as well;
- arrays and structs hash like their parts in a row, without lengths: [[1], [2]] like [[1, 2]] and [1, NULL] like [1].
  So each part is hashed for itself, and its hashes with their number;
- the second and further arguments are seeded with the hash so far; for numbers of up to 64 bits each such step is
  one-to-one in the number and in the seed. A difference in a single one is thus never missed, and swapped ones are
  noticed: no second round of hashing is needed before summing;
- text, binary and decimals of more than 18 digits are hashed by their bytes and length, each block of 32 bytes mixed
  into all that follows; there is nothing like DuckDB's blocks that mix upwards only;
- -0.0 hashes like 0.0 and every NaN like every other; dates hash like integers, which no canonical form has both of.

The bound this gives: a difference in a single value of up to 64 bits is never missed; otherwise the chance is about
2^-128, for nested values 2^-64.
"""

from collections.abc import Sequence

from sqlglot import exp

from recon_assets.comparison.duck import literal
from recon_assets.comparison.hashing import Typed

SCHEME = "spark-xxhash64/1"
"""Which hashes these are: fingerprints of different schemes can't be compared."""

_SECOND = 7046029254386353131  # an arbitrary odd number: hashed first, it seeds the second function
_HALF = 32


def key_hash(values: Sequence[Typed]) -> str:
    """64 bits of a key, of either sign."""
    return _hash(values)


def digests(values: Sequence[Typed]) -> tuple[str, str]:
    """Two 64-bit hashes of several values in order, by independent functions; fit for summing."""
    return _hash(values), _hash(values, f"{_SECOND}, ")


def total(digest: str) -> str:
    """The sum of a digest over up to 2^31 rows, and an error over more; 0 over none.

    A BIGINT can't hold it, and sums of decimals are slow: so halves are summed by themselves.
    """
    high, low = f"shiftright({digest}, {_HALF})", f"{digest} & {2**_HALF - 1}"
    return (
        f"coalesce(CAST(sum({high}) AS DECIMAL(38,0)) * CAST({2**_HALF} AS DECIMAL(38,0))"
        f" + CAST(sum({low}) AS DECIMAL(38,0)), 0)"
    )


def bucket(key: str, buckets: int) -> str:
    """Which of so many buckets a key hash falls into, from 0 on."""
    return f"(({key} % {buckets} + {buckets}) % {buckets})"


def _hash(values: Sequence[Typed], seed: str = "") -> str:
    parts = [_safe(sql, exp.DataType.build(type_, dialect="duckdb")) for sql, type_ in values]
    nulls = [f"{sql} IS NULL" for sql, _ in values]
    return f"xxhash64({seed}{', '.join([*parts, *nulls]) or '0'})"


def _safe(sql: str, type_: exp.DataType) -> str:
    """What to hand to `xxhash64` for a value: itself, or for a nested one a hash that tells its parts apart."""
    if type_.this == exp.DType.ARRAY:
        (element,) = type_.expressions
        each = f"transform({sql}, lambda e: xxhash64({_safe('e', element)}, e IS NULL))"
        return f"CASE WHEN {sql} IS NOT NULL THEN xxhash64(size({sql}), {each}) END"
    if type_.this == exp.DType.STRUCT:
        fields = [(f"{sql}[{literal(field.name)}]", field.kind) for field in type_.expressions]
        parts = [_safe(each, kind) for each, kind in fields]
        nulls = [f"{each} IS NULL" for each, _ in fields]
        return f"CASE WHEN {sql} IS NOT NULL THEN xxhash64({', '.join([*parts, *nulls])}) END"
    return sql
