"""Spark's types by DuckDB's names."""

import pytest
from pyspark.sql import types as s

from recon_assets.comparison.spark.types import duck_types
from recon_assets.comparison.types import family

KNOWN = {
    s.StringType(): ("VARCHAR", "text"),
    s.BooleanType(): ("BOOLEAN", "number"),
    s.ByteType(): ("TINYINT", "number"),
    s.ShortType(): ("SMALLINT", "number"),
    s.IntegerType(): ("INTEGER", "number"),
    s.LongType(): ("BIGINT", "number"),
    s.DecimalType(18, 2): ("DECIMAL(18,2)", "number"),
    s.DecimalType(38, 38): ("DECIMAL(38,38)", "number"),
    s.FloatType(): ("FLOAT", "number"),
    s.DoubleType(): ("DOUBLE", "number"),
    s.DateType(): ("DATE", "timestamp"),
    s.TimestampType(): ("TIMESTAMP WITH TIME ZONE", "timestamp"),
    s.TimestampNTZType(): ("TIMESTAMP", "timestamp"),
    s.TimeType(6): ("TIME", "time"),
    s.BinaryType(): ("BLOB", "binary"),
    s.NullType(): ('"NULL"', "null"),
    s.ArrayType(s.ArrayType(s.LongType())): ("BIGINT[][]", "nested"),
    s.MapType(s.StringType(), s.DoubleType()): ("MAP(VARCHAR, DOUBLE)", "nested"),
    s.StructType([s.StructField("a", s.IntegerType()), s.StructField('B "c', s.DateType())]): (
        'STRUCT(a INTEGER, "B ""c" DATE)',
        "nested",
    ),
}
UNKNOWN = {
    s.DayTimeIntervalType(): "interval day to second",
    s.YearMonthIntervalType(): "interval year to month",
    s.VariantType(): "variant",
    s.ArrayType(s.VariantType()): "array<variant>",
    s.StructType([s.StructField("a", s.VariantType())]): "struct<a:variant>",
    s.StringType("UTF8_LCASE"): "string collate spark.UTF8_LCASE",
}


@pytest.mark.parametrize("type_", KNOWN)
def test_a_type_has_duckdbs_name_and_family(type_):
    name, of_family = KNOWN[type_]
    assert duck_types(s.StructType([s.StructField("c", type_)])) == {"c": name}
    assert family(name) == of_family


@pytest.mark.parametrize("type_", UNKNOWN)
def test_a_type_that_duckdb_has_not_keeps_its_name_and_has_no_family(type_):
    found = duck_types(s.StructType([s.StructField("c", type_)]))["c"]
    assert found == UNKNOWN[type_]
    assert family(found) is None


def test_text_of_a_collation_within_a_nested_type_has_no_family():
    inner = s.StructType([s.StructField("a", s.StringType("UNICODE_CI"))])
    schema = s.StructType([s.StructField("c", inner), s.StructField("d", s.ArrayType(s.StringType("UNICODE_CI")))])
    assert [family(name) for name in duck_types(schema).values()] == [None, None]
