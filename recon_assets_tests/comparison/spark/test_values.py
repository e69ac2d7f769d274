"""The exam's value cases on Spark: the same canonical forms as on DuckDB, and the same answer whether they differ.

Whether that answer is right is the exam's to say.
"""

from functools import cache

import pyarrow as pa
import pytest

from recon_assets.comparison import ColumnRule, ComparisonError
from recon_assets.comparison.plan import Plan, make_plan
from recon_assets.comparison.rules import Rules
from recon_assets.comparison.schema import Column, Side, match_columns
from recon_assets.comparison.spark.dialect import to_spark
from recon_assets.comparison.spark.types import duck_types
from recon_assets_tests.comparison.helpers import array
from recon_assets_tests.comparison.test_values import CASES as EXAM

CHUNK = 40
"""Columns of one table: all of them in one would take Spark a minute to compile."""


def can_be_held(type_: pa.DataType) -> bool:
    """Spark has no nanoseconds, reads times of microseconds only, and knows no UUIDs."""
    return type_ != pa.uuid() and getattr(type_, "unit", "us") != "ns" and not pa.types.is_time32(type_)


CASES = [each for each in EXAM if can_be_held(each[2][0]) and can_be_held(each[2][2])]


def _needs_longer_numbers(source: pa.DataType, target: pa.DataType, rule: dict) -> bool:
    """What may be refused: limits for which whole numbers of more than 38 digits are needed."""
    if float(rule.get("relative_tolerance", 0)) > 1:
        return True
    scales = {source.scale, target.scale}
    return "tolerance" in rule and max(scales) + 38 - min(scales) > 38


def _name(number: int) -> str:
    why, equal, (source_type, source, target_type, target, *rule) = CASES[number]
    sign = "=" if equal else "!="
    return f"{why}: {source_type} {source!r:.30} {sign} {target_type} {target!r:.30} {rule[0] if rule else ''}"


def _plan(engines, number: int) -> Plan:
    """The plan of one chunk of the cases, by the types that Spark has for them; loads its table."""
    chunk = list(enumerate(CASES[number * CHUNK : (number + 1) * CHUNK], start=1))
    columns = {f"a{n}": array([case[1]], case[0]) for n, (_, _, case) in chunk}
    columns |= {f"b{n}": array([case[3]], case[2]) for n, (_, _, case) in chunk}
    engines.load(f"pairs{number}", pa.table(columns))
    types = duck_types(engines.spark.table(f"pairs{number}").schema)
    source, target = (
        Side(role, role, f"pairs{number}", {"id": Column("id", "INTEGER", "int32", "1")})
        for role in ("source", "target")
    )
    for n, _ in chunk:
        source.columns[f"c{n}"] = Column(f"c{n}", types[f"a{n}"], "", f"raw.a{n}")
        target.columns[f"c{n}"] = Column(f"c{n}", types[f"b{n}"], "", f"raw.b{n}")
    rules = Rules(keys=("id",), columns={f"c{n}": ColumnRule(**case[4]) for n, (_, _, case) in chunk if len(case) > 4})
    return make_plan(source, target, match_columns(source, target, rules))


def _types(plan: Plan) -> dict[str, str]:
    """By the names that columns have in the plan."""
    types = {f"a{v.number}": v.pair.source.type for v in plan.values}
    return types | {f"b{v.number}": v.pair.target.type for v in plan.values}


def _can_run(expression: str, types: dict[str, str]) -> bool:
    try:
        to_spark(f"SELECT {expression}", types)
    except ComparisonError:
        return False
    return True


@cache
def _found(engines, number: int) -> tuple[dict[int, tuple], dict[int, tuple]]:
    """By column of a chunk: whether it differs and its canonical forms, on DuckDB and on Spark."""
    plan = _plan(engines, number)
    types = _types(plan)
    values = [value for value in plan.values if _can_run(value.differs, types)]
    wanted = ", ".join(f"{value.differs}, {value.form.source}, {value.form.target}" for value in values)
    query = f"SELECT {wanted} FROM pairs{number}"
    (duck,), (spark,) = engines.on_duckdb(query), engines.on_spark(query, types)
    return tuple({value.number: row[3 * i : 3 * i + 3] for i, value in enumerate(values)} for row in (duck, spark))


@pytest.mark.parametrize("number", range(len(CASES)), ids=_name)
def test_two_values_have_the_same_forms_and_differ_or_not_as_on_duckdb(number, engines):
    _, _, case = CASES[number]
    chunk, place = divmod(number, CHUNK)
    on_duckdb, on_spark = _found(engines, chunk)
    if place + 1 not in on_spark:
        assert _needs_longer_numbers(*case[::2])
        return
    assert on_spark[place + 1] == on_duckdb[place + 1]
