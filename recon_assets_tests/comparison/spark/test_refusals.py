"""What is not proven to mean the same on Spark is refused by name, or ends in an error: never in another value."""

import pyarrow as pa
import pytest
from pyspark.errors import PySparkException

from recon_assets.comparison import ComparisonError
from recon_assets.comparison.spark.dialect import to_spark

REFUSED = {
    "hash(a)": "the function hash",
    "some_function(a)": "the function some_function",
    "epoch_ns(a)": "the function epoch_ns",
    "a / b": "Div",
    "a % b": "division by anything but a whole number that is not 0",
    "a // 0": "division by anything but a whole number that is not 0",
    "a::HUGEINT // 7": "HUGEINT divided by anything but a power of ten",
    "a::HUGEINT * b::HUGEINT": "a product of HUGEINTs",
    "11::HUGEINT * (b::HUGEINT // 10)": "a product of HUGEINTs",
    "xor(a, 1)": "BitwiseXor",
    "CAST(a AS BIGNUM)": "the type BIGNUM",
    "CAST(a AS UUID)": "the type UUID",
    "CAST(a AS UBIGINT)": "the type UBIGINT",
    "CAST(a AS TIMESTAMP_NS)": "the type TIMESTAMP_NS",
    "CAST(CAST(a AS DOUBLE) AS DECIMAL(18,2))": "a cast of DOUBLE to DECIMAL",
    "CAST(CAST(a AS DOUBLE) AS HUGEINT)": "a cast of DOUBLE to INT128",
    "CAST(CAST(a AS DOUBLE) AS BIGINT)": "a cast of DOUBLE to BIGINT",
    "CAST(lower(a) AS DOUBLE)": "a cast of TEXT to DOUBLE",
    "CAST(lower(a) AS TIMESTAMP)": "a cast of TEXT to TIMESTAMP",
    "TRY(a / b)": "Div",
    "TRY(lower(a))": "TRY of Lower",
    "trim(a)": "Trim without a literal expression",
    "trim(a, b)": "Trim without a literal expression",
    "regexp_matches(a, b)": "RegexpLike without a literal expression",
    "regexp_matches(a, 'b', 'i')": "RegexpLike with flag",
    "regexp_replace(a, 'b', 'c', 'g')": "RegexpReplace with modifiers",
    "left(a, -1)": "Left without a expression from 1 on",
    "list_sort(a)": "sorting anything but a map's entries",
    "a[1]": "an element of a list",
    "min(a, 3)": "Min with count",
    "timezone(a, b)": "timezone of anything but a literal zone",
    "lag(a) OVER (ORDER BY b)": "Lag",
    "sum(a) OVER (PARTITION BY b)": "Sum over a window",
    "date_trunc('day', a)": "TimestampTrunc",
    "a ->> '$.b'": "JSONExtractScalar",
    "* REPLACE (a AS b)": "Star with replace",
    '"${env:HOME}"': "rename the column",
}
STATEMENTS = {
    "SELECT a FROM t UNION ALL BY NAME SELECT b FROM t": "Union with by_name",
    "SELECT a FROM t GROUP BY ALL": "Group with all",
    "SELECT a FROM t LIMIT 5 OFFSET 2": "Offset|Select with offset",
    "SELECT a FROM t TABLESAMPLE 10%": "TableSample|sample",
    "SELECT a FROM read_parquet('x.parquet')": "ReadParquet",
    "CREATE TABLE b AS SELECT 1": "only single queries",
    "SELECT 1; SELECT 2": "only single queries",
    "SELECT (": "not SQL",
}
PATTERNS = [r"\bword", r"\p{L}", r"(?s)a.b", "a++", "[[:alpha:]]", "[a&&b]", "(?=a)", "a{", r"\x41", "[]a]", r"a\Z"]


@pytest.mark.parametrize("expression, named", REFUSED.items())
def test_an_expression_is_refused_by_name(expression, named):
    with pytest.raises(ComparisonError, match=named):
        to_spark(f"SELECT {expression} FROM t")


@pytest.mark.parametrize("statement, named", STATEMENTS.items())
def test_a_statement_is_refused_by_name(statement, named):
    with pytest.raises(ComparisonError, match=named):
        to_spark(statement)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_that_java_may_read_otherwise_is_refused(pattern):
    with pytest.raises(ComparisonError, match="no proven equivalent"):
        to_spark(f"SELECT regexp_matches(a, '{pattern}') FROM t")


@pytest.mark.parametrize("type_", ["BLOB", "UUID", "INTEGER[]", "STRUCT(a INTEGER)"])
def test_a_cast_is_refused_by_the_type_a_column_is_said_to_have(type_):
    with pytest.raises(ComparisonError, match="a cast of"):
        to_spark("SELECT CAST(a AS BIGINT) FROM t", {"a": type_})


@pytest.mark.parametrize(
    "column, expression",
    [
        ("d", "CAST(d AS DECIMAL(18,2))"),
        ("d", "CAST(d AS BIGINT)"),
        ("t", "CAST(t AS DOUBLE)"),
        ("t", "CAST(t AS DECIMAL(18,2))"),
        ("t", "CAST(t AS TIMESTAMP)"),
        ("n", "CAST(n AS VARCHAR)"),
        ("f", "f + d"),
        ("f", "f * 2"),
        ("t", "hex(t)"),
        ("d", "epoch_us(d)"),
        ("t", "timezone('UTC', t)"),
    ],
)
def test_where_only_spark_knows_the_type_an_unproven_cast_is_an_error(column, expression, engines):
    rows = {
        "d": pa.array([1.5], pa.float64()),
        "f": pa.array([1.5], pa.float32()),
        "t": pa.array(["1"]),
        "n": pa.array([[1]], pa.list_(pa.int32())),
    }
    engines.load("unproven", pa.table(rows))
    with pytest.raises(PySparkException):
        engines.on_spark(f"SELECT {expression} FROM unproven")
