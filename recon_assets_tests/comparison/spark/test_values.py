"""The exam's value cases on Spark: the same forms as on DuckDB, and the right answer whether two values are equal."""

from functools import cache
from typing import Any

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
def _found(engines, number: int) -> tuple[dict[int, Any], dict[int, tuple], dict[int, tuple]]:
    """By column of a chunk: whether it differs on Spark, and the canonical forms on DuckDB and on Spark."""
    plan = _plan(engines, number)
    types = _types(plan)
    values = [value for value in plan.values if _can_run(value.differs, types)]
    wanted = ", ".join(f"{value.differs}, {value.form.source}, {value.form.target}" for value in values)
    query = f"SELECT {wanted} FROM pairs{number}"
    (duck,), (spark,) = engines.on_duckdb(query), engines.on_spark(query, types)
    numbers = [value.number for value in values]
    forms = [dict(zip(numbers, zip(row[1::3], row[2::3], strict=True), strict=True)) for row in (duck, spark)]
    return dict(zip(numbers, spark[::3], strict=True)), *forms


@pytest.mark.parametrize("number", range(len(CASES)), ids=_name)
def test_values_are_equal_or_different_on_spark_and_have_the_forms_that_duckdb_gives_them(number, engines):
    _, equal, case = CASES[number]
    chunk, place = divmod(number, CHUNK)
    differs, on_duckdb, on_spark = _found(engines, chunk)
    if place + 1 not in differs:
        assert "tolerance" in case[4] and case[0].precision == 38, "only a tolerance of long decimals may be refused"
        return
    assert differs[place + 1] == f"is {not equal}"
    assert on_spark[place + 1] == on_duckdb[place + 1]
