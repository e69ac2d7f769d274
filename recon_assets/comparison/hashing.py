"""How values become hashes in DuckDB.

Belongs here: hash expressions, and why they are built so. Does not belong here: what is hashed together
(`digests`, `fingerprints`).

Everything is hashed twice, by two different functions of 64 bits, and both are summed: that makes 128 bits. DuckDB's
`hash` is fast, but not safe everywhere, which was measured with DuckDB 2.0:
- text of more than 12 bytes is taken in blocks of 8 which mix upwards only, so that two texts which differ in the
  last bytes of two blocks collide for 1 in 256 choices: the second function sees the text shifted by half a block;
- 128-bit numbers hash as hash(low) xor hash(high): those beyond 64 bits go through MD5 as text;
- lists hash alike with and without NULLs, so nested values go through MD5 as (quoted) text;
- of several arguments it is linear enough that sums miss swapped values: it must be hashed once more before summing.

The bound this gives: a difference in a single value of a type of up to 64 bits is never missed (but for the one value
that hashes like NULL); for other types, and for rows that differ in several values, the chance is about 2^-128, for
nested values, UUIDs and numbers beyond 18 digits 2^-64, and at worst 2^-48: two texts that differ in nothing but the
fourth, or nothing but the eighth, bytes of two or more blocks.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

import duckdb

SCHEME = f"duckdb-{duckdb.__version__}/2"
"""Which hashes these are: fingerprints of different schemes can't be compared."""

BOUND = "a difference stays unnoticed with a probability of 2^-64 or less; 2^-48 for some pairs of long texts"
"""The bound on a false MATCH, in short."""

Typed = tuple[str, str]
"""SQL of a value and its canonical type."""


def key_hash(values: Sequence[Typed]) -> str:
    """64 bits of a key, of both functions where one isn't enough; good for buckets and grouping, not for summing."""
    both = (_of_text_key(sql) if type_ == "VARCHAR" else _safe(sql, type_) for sql, type_ in values)
    return f"hash({', '.join(both) or '0'})"


def digests(values: Sequence[Typed]) -> tuple[str, str]:
    """Two 64-bit hashes of several values in order, by independent functions; fit for summing."""
    return f"hash({_first(values)})", f"hash({_second(values)})"


def total(digest: str) -> str:
    """The sum of a digest over rows; 0 over none."""
    return f"coalesce(sum({digest}), 0)"


def bucket(key: str, buckets: int) -> str:
    """Which of so many buckets a key hash falls into."""
    return f"({key} % {buckets})"


def _first(values: Sequence[Typed]) -> str:
    return f"hash({', '.join(_safe(*value) for value in values) or '0'})"


def _second(values: Sequence[Typed]) -> str:
    """In the other direction, and with text shifted: what collides in one function does not in the other."""
    shifted = (f"'half' || {sql}" if type_ == "VARCHAR" else _safe(sql, type_) for sql, type_ in reversed(values))
    return f"hash({', '.join(shifted) or '0'})"


def _of_text_key(sql: str) -> str:
    return f"CASE WHEN strlen({sql}) <= 12 THEN hash({sql}) ELSE hash({sql}, 'half' || {sql}) END"


def _safe(sql: str, duck_type: str) -> str:
    """What to hand to `hash` for a value: itself, or a 64-bit hash of it that has none of its weak points."""
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", duck_type)
    if decimal and int(decimal[1]) > 18:
        limit = f"CAST('{Decimal(10**18).scaleb(-int(decimal[2])):f}' AS DECIMAL(38,{decimal[2]}))"
        return _hash_128(sql, f"-{limit}", limit)
    if duck_type in ("HUGEINT", "UHUGEINT"):
        return _hash_128(sql, "-1000000000000000000", "1000000000000000000")
    if duck_type == "BLOB":
        return f"CASE WHEN octet_length({sql}) <= 12 THEN hash({sql}) ELSE hash(md5_number({sql})) END"
    if duck_type == "UUID" or duck_type.endswith("]") or duck_type.startswith(("STRUCT(", "MAP(")):
        return f"hash(md5_number(CAST({sql} AS VARCHAR)))"
    return sql


def _hash_128(sql: str, low: str, high: str) -> str:
    return (
        f"CASE WHEN {sql} BETWEEN {low} AND {high} THEN hash({sql}) ELSE hash(md5_number(CAST({sql} AS VARCHAR))) END"
    )
