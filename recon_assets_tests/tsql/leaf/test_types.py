"""Data types: how they are read, printed and stored."""

import pyarrow as pa
import pytest

from recon_assets.tsql.errors import UnsupportedTSql
from recon_assets.tsql.types import parse_type

TYPES = [
    ("int", "int", "INTEGER", pa.int32()),
    ("INTEGER", "int", "INTEGER", pa.int32()),
    ("bigint", "bigint", "BIGINT", pa.int64()),
    ("smallint", "smallint", "SMALLINT", pa.int16()),
    ("tinyint", "tinyint", "UTINYINT", pa.uint8()),
    ("bit", "bit", "BOOLEAN", pa.bool_()),
    ("decimal", "decimal(18,0)", "DECIMAL(18,0)", pa.decimal128(18, 0)),
    ("numeric(9)", "decimal(9,0)", "DECIMAL(9,0)", pa.decimal128(9, 0)),
    ("DEC(38, 10)", "decimal(38,10)", "DECIMAL(38,10)", pa.decimal128(38, 10)),
    ("money", "money", "DECIMAL(19,4)", pa.decimal128(19, 4)),
    ("smallmoney", "smallmoney", "DECIMAL(10,4)", pa.decimal128(10, 4)),
    ("float", "float", "DOUBLE", pa.float64()),
    ("float(24)", "real", "FLOAT", pa.float32()),
    ("float(25)", "float", "DOUBLE", pa.float64()),
    ("double precision", "float", "DOUBLE", pa.float64()),
    ("real", "real", "FLOAT", pa.float32()),
    ("char", "char(1)", "VARCHAR", pa.string()),
    ("varchar(20)", "varchar(20)", "VARCHAR", pa.string()),
    ("VARCHAR(MAX)", "varchar(max)", "VARCHAR", pa.string()),
    ("character varying(5)", "varchar(5)", "VARCHAR", pa.string()),
    ("nchar(3)", "nchar(3)", "VARCHAR", pa.string()),
    ("nvarchar(4000)", "nvarchar(4000)", "VARCHAR", pa.string()),
    ("sysname", "nvarchar(128)", "VARCHAR", pa.string()),
    ("[int]", "int", "INTEGER", pa.int32()),
    ("date", "date", "DATE", pa.date32()),
    ("datetime", "datetime", "TIMESTAMP", pa.timestamp("us")),
    ("smalldatetime", "smalldatetime", "TIMESTAMP", pa.timestamp("us")),
    ("datetime2", "datetime2(7)", "TIMESTAMP", pa.timestamp("us")),
    ("datetime2(3)", "datetime2(3)", "TIMESTAMP", pa.timestamp("us")),
    ("time(0)", "time(0)", "TIME", pa.time64("us")),
    ("uniqueidentifier", "uniqueidentifier", "VARCHAR", pa.string()),
    ("binary(4)", "binary(4)", "BLOB", pa.binary()),
    ("varbinary(max)", "varbinary(max)", "BLOB", pa.binary()),
]

REFUSED = [
    *("xml", "datetimeoffset", "sql_variant", "geography", "text", "image", "rowversion", "hierarchyid", "dbo.my_type"),
    *("decimal(39)", "decimal(5,6)", "decimal(0)", "varchar(8001)", "nvarchar(4001)", "varchar(0)", "char(max)"),
    *("datetime2(8)", "float(54)", "int(4)", "money(1,2)", "", "(5)"),
]


@pytest.mark.parametrize(("text", "printed", "duckdb", "arrow"), TYPES)
def test_a_type_is_read_printed_and_stored(text, printed, duckdb, arrow):
    type_ = parse_type(text)
    assert (str(type_), type_.duckdb, type_.arrow) == (printed, duckdb, arrow)
    assert parse_type(printed) == type_


def test_a_length_left_out_is_one_where_declared_and_thirty_where_cast():
    assert str(parse_type("varchar")) == "varchar(1)"
    assert str(parse_type("nvarchar", default_length=30)) == "nvarchar(30)"


@pytest.mark.parametrize("text", REFUSED)
def test_other_types_are_refused_by_name(text):
    with pytest.raises(UnsupportedTSql, match="data type"):
        parse_type(text)
