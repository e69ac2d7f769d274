"""How values become hashes in DuckDB: the one dialect-specific part of a fingerprint.

Belongs here: hash expressions, and why they are built so. Does not belong here: what is hashed together
(`fingerprints`, `scan`); another engine gets a module like this one.

DuckDB's `hash` is fast, but not safe everywhere, which was measured with DuckDB 2.0:
- text of more than 12 bytes is taken in blocks of 8 without mixing downwards, so that two strings which
  differ in the last bytes of two blocks collide for 1 in 256 choices: such text goes through MD5;
- 128-bit numbers hash as hash(low) xor hash(high): those beyond 64 bits go through MD5 as text;
- lists hash alike with and without NULLs, so nested values go through MD5 as (quoted) text;
- `hash(a, b)` is linear enough that sums of it miss swapped values: it must be hashed once more before summing.

So one differing value stays unnoticed with a probability of about 2^-64; among values of types of up to 64 bits it
never does, but for the one that hashes like NULL.
"""

import re
from decimal import Decimal

import duckdb

SCHEME = f"duckdb-{duckdb.__version__}/1"
"""Which hashes these are: fingerprints of different schemes can't be compared."""

_SECOND = 0x9E3779B97F4A7C15  # an arbitrary odd constant: makes the second sum's hash another function


def hashable(expression: str, duck_type: str) -> str:
    """What to hand to `combine` or `mixed` for a value of a canonical type: itself, or a safe 64-bit hash of it."""
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", duck_type)
    if duck_type in ("VARCHAR", "BLOB"):
        length = "strlen" if duck_type == "VARCHAR" else "octet_length"
        return f"CASE WHEN {length}({expression}) <= 12 THEN hash({expression}) ELSE hash(md5_number({expression})) END"
    if decimal and int(decimal[1]) > 18:
        limit = f"CAST('{Decimal(10**18).scaleb(-int(decimal[2])):f}' AS DECIMAL(38,{decimal[2]}))"
        return _hash_128(expression, f"-{limit}", limit)
    if duck_type in ("HUGEINT", "UHUGEINT"):
        return _hash_128(expression, "-1000000000000000000", "1000000000000000000")
    if duck_type == "UUID" or duck_type.endswith("]") or duck_type.startswith(("STRUCT(", "MAP(")):
        return f"hash(md5_number(CAST({expression} AS VARCHAR)))"
    return expression


def _hash_128(expression: str, low: str, high: str) -> str:
    return (
        f"CASE WHEN {expression} BETWEEN {low} AND {high} THEN hash({expression})"
        f" ELSE hash(md5_number(CAST({expression} AS VARCHAR))) END"
    )


def combine(hashes: list[str]) -> str:
    """One 64-bit hash of several hashables, in order; `mixed` it before summing."""
    return f"hash({', '.join(hashes)})" if hashes else "hash(0)"


def mixed(hashable_: str) -> str:
    """A 64-bit hash fit for summing."""
    return f"hash({hashable_})"


def mixed_again(hash_expression: str) -> str:
    """Another hash of the same, for the second 64 bits of a 128-bit sum."""
    return f"hash(xor({hash_expression}, {_SECOND}::UBIGINT))"
