"""The Spark engine by itself: what it brings, how parts come together, what it says when something fails."""

import re
import shutil

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql import functions as f

from recon_assets.comparison import ComparisonError, Rules
from recon_assets.comparison.location import Location
from recon_assets.comparison.spark import tables
from recon_assets.comparison.spark.engine import DEFAULT_LIMITS, SparkLimits, compare_on_spark
from recon_assets.comparison.spark.tables import SparkTable
from recon_assets_tests.comparison.helpers import compared, findings
from recon_assets_tests.comparison.spark.conftest import OnSpark, without_causes

ROWS = 20_000
BRANCHES = [f"branch {i % 40}" for i in range(ROWS)]
SOURCE = pa.table({"id": range(ROWS), "branch": BRANCHES, "amount": [i * 7 % 1000 for i in range(ROWS)]})
LOST = SOURCE.filter(pa.compute.not_equal(SOURCE["branch"], "branch 7"))
SHIFTED = LOST.set_column(2, "amount", pa.compute.add(LOST["amount"], pa.compute.equal(pa.compute.bit_wise_and(LOST["id"], 63), 0).cast("int64")))  # fmt: skip
TARGET = pa.concat_tables([SHIFTED, SHIFTED.slice(0, 30)])  # whose first thirty rows are there twice


def on_duckdb(tmp_path):
    return compared(tmp_path, SOURCE, TARGET, keys=("id",))


def table(frame, label="a table") -> SparkTable:
    return SparkTable(label, Location.of("parquet", label), frame)


def test_the_record_says_which_engine_it_was_and_has_the_same_fingerprints(tmp_path, on_spark: OnSpark, spark):
    found, expected = on_spark(SOURCE, TARGET, keys=("id",)), on_duckdb(tmp_path)
    assert findings(found) == findings(expected)
    assert found.evidence["engine"] == "spark"
    assert found.evidence["versions"] == expected.evidence["versions"] | {"spark": spark.version}
    for side in ("source", "target"):
        mine = found.evidence["fingerprints"][side]
        assert mine == {name: expected.evidence["fingerprints"][side][name] for name in mine}


def test_of_many_rows_those_that_differ_are_brought_and_a_sample_of_the_others(tmp_path, on_spark: OnSpark):
    found = on_spark(SOURCE, TARGET, keys=("id",), limits=SparkLimits(brought=2_000, others=4_000))
    expected = on_duckdb(tmp_path)
    assert all(3_000 < rows < 6_000 for rows in found.evidence["brought"].values()), found.evidence["brought"]
    assert without_causes(findings(found)) == without_causes(findings(expected))
    (lost,) = found.missing_causes
    assert (lost.cause, lost.detail, lost.rows, lost.precision) == ("predicate", "branch = 'branch 7'", 500, 1.0)
    assert [c.cause for c in found.extra_causes] == ["fan_out"]
    assert [(c.cause, c.rows) for c in found.columns[2].causes] == [(c.cause, c.rows) for c in expected.columns[2].causes]  # fmt: skip


@pytest.mark.parametrize("searched", [200_000, 500], ids=["all searched", "some searched"])
def test_parts_of_the_keys_come_to_the_whole(tmp_path, on_spark: OnSpark, monkeypatch, searched):
    monkeypatch.setattr(tables, "_PART_CELLS", 3_000)
    found = on_spark(SOURCE, TARGET, keys=("id",), limits=SparkLimits(brought=0, searched=searched))
    expected = on_duckdb(tmp_path)
    assert found.evidence["path"] == "join in parts"
    assert without_causes(findings(found)) == without_causes(findings(expected))
    assert [(c.cause, c.rows) for c in found.columns[2].causes] == [(c.cause, c.rows) for c in expected.columns[2].causes]  # fmt: skip
    (lost,) = found.missing_causes
    if searched > ROWS:
        assert (lost.detail, lost.rows) == ("branch = 'branch 7'", 500)
    else:
        assert re.fullmatch(r"branch = 'branch 7' \(counted in 1 of \d keys\)", lost.detail)
        assert 80 < lost.rows < 250, "of the some 1,500 rows in buckets that differ, 500 or so were brought"


def test_rows_come_in_several_lots(tmp_path, on_spark: OnSpark, monkeypatch):
    monkeypatch.setattr(tables, "_CELLS", 10_000)
    assert findings(on_spark(SOURCE, TARGET, keys=("id",))) == findings(on_duckdb(tmp_path))


def test_a_table_and_itself_in_other_partitions_match(spark):
    frame = spark.range(10_000).withColumn("v", f.col("id") % 7)
    found = compare_on_spark(table(frame.repartition(5)), table(frame.repartition(3, "v")), Rules(keys=("id",)))
    assert (found.verdict, found.paired_rows, found.evidence["path"]) == ("MATCH", 10_000, "fingerprint")
    assert found.evidence["brought"] == {"source": 0, "target": 0}


@pytest.mark.parametrize(
    "columns, rules, told",
    [
        ("1 AS id, 2 AS ID", {}, "differ only by case"),
        ("1 AS id, 2 AS id", {}, "column 'id' is there twice"),
        ("1 AS id, 2 AS ``", {}, "empty column name"),
        ("1 AS id, INTERVAL '1' DAY AS v", {}, "'v' is interval day.*no comparison.*`ignore`"),
        ("1 AS id, INTERVAL '1' MONTH AS v", {}, "'v' is interval month.*no comparison.*`ignore`"),
        ("1 AS id, parse_json('1') AS v", {}, "'v' is variant.*no comparison.*`ignore`"),
        ("1 AS id, array(parse_json('1')) AS v", {}, "'v' is array<variant>.*no comparison.*`ignore`"),
        ("1 AS id, 'a' COLLATE UTF8_LCASE AS v", {}, "'v' is string collate UTF8_LCASE.*no comparison"),
        ("1 AS id, '1' AS v", {"v": {"parse_text": True}}, "no rule parse_text; .*`engine: duckdb`"),
        ("1 AS id, raise_error('out of coffee') AS v", {}, "a table: .*out of coffee"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(spark, columns, rules, told):
    source = spark.sql(f"SELECT {columns}")
    target = spark.sql("SELECT 1 AS id, 1 AS v")
    with pytest.raises(ComparisonError, match=told):
        compare_on_spark(table(source), table(target, "another"), Rules(keys=("id",), columns=rules))


def test_workers_with_another_duckdb_are_told_apart(on_spark: OnSpark, monkeypatch):
    monkeypatch.setattr(duckdb, "__version__", "0.0.1")
    with pytest.raises(ComparisonError, match=r"worker has DuckDB .*, the driver 0\.0\.1; install recon-assets"):
        on_spark(SOURCE, TARGET, keys=("id",))


def test_a_type_without_comparison_is_no_matter_where_it_is_ignored(spark):
    source = spark.sql("SELECT 1 AS id, parse_json('1') AS v, INTERVAL '1' MONTH AS w")
    rules = Rules(keys=("id",), ignore=("v", "w"))
    assert compare_on_spark(table(source), table(source), rules).verdict == "MATCH"


def test_a_file_that_is_gone_is_told_of_its_side(spark, tmp_path):
    spark.range(3).write.parquet(str(tmp_path / "gone"))
    frame = spark.read.parquet(str(tmp_path / "gone"))
    shutil.rmtree(tmp_path / "gone")
    with pytest.raises(ComparisonError, match=r"a table: .*; see to the session and the table"):
        compare_on_spark(table(frame), table(frame), Rules(keys=("id",)))


NAMES = [
    "d.d",
    "d",
    "a`b",
    'say "x"',
    "with space",
    "k",
    "part",
    "place",
    "found",
    "chosen",
    "one",
    "Ünïcode",
    "{}",
    "x\ny",
]


@pytest.mark.parametrize("limits", [DEFAULT_LIMITS, SparkLimits(brought=0)], ids=["brought", "in parts"])
def test_columns_of_any_name_compare_as_on_duckdb(tmp_path, on_spark: OnSpark, limits):
    source = pa.table(
        {"id": range(60)} | {name: [f"{name}{i}" if i % 3 else None for i in range(60)] for name in NAMES}
    )
    target = pa.concat_tables([source.slice(5, 30), source.slice(36, 24)])
    found, expected = (
        on_spark(source, target, keys=("id",), limits=limits),
        compared(tmp_path, source, target, keys=("id",)),
    )
    assert without_causes(findings(found)) == without_causes(findings(expected))
