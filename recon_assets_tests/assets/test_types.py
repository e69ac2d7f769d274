"""Every T-SQL type, at its borders, survives every hop and compares equal to itself."""

import pytest

from recon_assets_tests.assets.conftest import Project

# T-SQL type: (smallest, largest, something in between), as DuckDB literals of the stored form.
TYPES = {
    "tinyint": ("0", "255", "7"),
    "smallint": ("-32768", "32767", "7"),
    "int": ("-2147483648", "2147483647", "7"),
    "bigint": ("-9223372036854775808", "9223372036854775807", "9007199254740993"),
    "bit": ("false", "true", "true"),
    "decimal(38,0)": (f"-{'9' * 38}", "9" * 38, "1"),
    "decimal(38,37)": (f"-9.{'9' * 37}", f"9.{'9' * 37}", "0.1"),
    "decimal(9,2)": ("-9999999.99", "9999999.99", "1.10"),
    "money": ("-922337203685477.5808", "922337203685477.5807", "0.0001"),
    "smallmoney": ("-214748.3648", "214748.3647", "0.5"),
    "float": ("-1.7976931348623157e308::DOUBLE", "5e-324::DOUBLE", "0.1::DOUBLE"),
    "real": ("-3.4028235e38::FLOAT", "1e-45::FLOAT", "0.1::FLOAT"),
    "char(5)": ("'     '", "'ab   '", "'ABCDE'"),
    "varchar(10)": ("''", "'trailing  '", "'it''s'"),
    "nvarchar(10)": ("''", "'😀é'", "'é'"),
    "varchar(max)": ("''", "repeat('x', 100000)", "chr(10) || chr(9)"),
    "date": ("DATE '0001-01-01'", "DATE '9999-12-31'", "DATE '1582-10-10'"),
    "datetime": (
        "TIMESTAMP '1753-01-01 00:00:00'",
        "TIMESTAMP '9999-12-31 23:59:59.997'",
        "TIMESTAMP '2024-03-31 02:30:00.003'",
    ),
    "smalldatetime": ("TIMESTAMP '1900-01-01'", "TIMESTAMP '2079-06-06 23:59:00'", "TIMESTAMP '2024-02-29 12:00:00'"),
    "datetime2(6)": (
        "TIMESTAMP '0001-01-01 00:00:00'",
        "TIMESTAMP '9999-12-31 23:59:59.999999'",
        "TIMESTAMP '2024-10-27 02:30:00.000001'",
    ),
    "datetime2(7)": ("TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'", "TIMESTAMP '2024-01-01'"),
    "uniqueidentifier": (
        "'00000000-0000-0000-0000-000000000000'",
        "'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'",
        "'6F9619FF-8B86-D011-B42D-00C04FC964FF'",
    ),
    "varbinary(8)": ("''::BLOB", "'\\xFF\\x00\\xFF'::BLOB", "'\\x01'::BLOB"),
}


@pytest.fixture
def everything(project: Project) -> Project:
    columns = {"id": "int"} | {f"c{n}": name for n, name in enumerate(TYPES)}
    rows = [f"({i}, {', '.join(values[i] for values in TYPES.values())})" for i in range(3)]
    project.table("dbo.T", columns, ", ".join([*rows, f"(3{', NULL' * len(TYPES)})"]))
    attributes = {
        "procedure": "dbo.P",
        "inputs": ["dbo.T"],
        "outputs": [{"result_set": 1, "keys": ["id"]}],
        "target": {"sql": "target.sql"},
    }
    project.write(attributes, source_sql="CREATE PROCEDURE dbo.P AS SELECT * FROM dbo.T", target_sql="SELECT * FROM T")
    return project


def test_every_type_survives_every_hop_and_matches_itself(everything: Project):
    run = everything.run()
    assert run.result.success, run.errors
    comparison = everything.report("P").comparison
    different = {c.name: (c.source_type, c.target_type, c.note) for c in comparison.columns if c.status != "equal"}
    assert different == {}
    assert (comparison.verdict, comparison.paired_rows) == ("MATCH", 4)


def test_one_changed_value_of_any_type_is_found(everything: Project):
    columns = [f"c{n}" for n in range(len(TYPES))]
    swapped = ", ".join(f"b.{column}" for column in columns)
    (everything.folder / "r" / "target.sql").write_text(
        f"SELECT a.id, {swapped} FROM T AS a JOIN T AS b ON b.id = CASE a.id WHEN 0 THEN 1 WHEN 1 THEN 0 ELSE a.id END"
    )
    run = everything.run()
    assert run.result.success, run.errors
    comparison = everything.report("P").comparison
    assert {c.name: c.differences for c in comparison.columns} == {"id": 0} | dict.fromkeys(columns, 2)
    assert (comparison.verdict, comparison.paired_rows) == ("PARTIAL MATCH", 4)


def test_a_time_becomes_text_on_the_target_and_no_hop_is_broken(project: Project):
    project.table("dbo.T", {"id": "int", "at": "time(6)"}, "(1, TIME '12:00:00.5'), (2, TIME '23:59:59.999999')")
    attributes = {
        "procedure": "dbo.P",
        "inputs": ["dbo.T"],
        "outputs": [{"result_set": 1, "keys": ["id"]}],
        "target": {"sql": "target.sql"},
    }
    source = "CREATE PROCEDURE dbo.P AS SELECT id, DATEPART(second, at) AS s FROM dbo.T"
    target = "SELECT id, CAST(substring(at, 7, 2) AS INT) AS s FROM T"
    project.write(attributes, source_sql=source, target_sql=target)
    run = project.run()
    assert run.result.success, run.errors
    assert project.report("P").comparison.verdict == "MATCH"
