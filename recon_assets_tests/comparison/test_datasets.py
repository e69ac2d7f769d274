"""Where rows come from: Parquet files and folders, Delta tables, CSV files."""

import gzip
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from recon_assets.comparison import ColumnRule, ComparisonError, Dataset, Rules, Verdict, compare

ROWS = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "v": ["a", "b", None]})


def verdict(source, target, **rules) -> Verdict:
    return compare(Dataset.open(source), Dataset.open(target), Rules(keys=("id",), **rules)).verdict


def test_a_folder_of_parquet_files_is_one_table(tmp_path):
    pq.write_table(ROWS, tmp_path / "one.parquet")
    folder = tmp_path / "many's"
    folder.mkdir()
    pq.write_table(ROWS.slice(1), folder / "part-0.parquet")
    pq.write_table(ROWS.slice(0, 1), folder / "part-1.parquet")
    (folder / "_SUCCESS").touch()
    (folder / ".part-0.parquet.crc").write_text("not data")
    assert verdict(tmp_path / "one.parquet", folder) == "MATCH"


def test_files_of_one_folder_may_order_their_columns_differently(tmp_path):
    pq.write_table(ROWS.slice(0, 1), tmp_path / "a.parquet")
    pq.write_table(ROWS.slice(1).select(["v", "id"]), tmp_path / "b.parquet")
    assert len(Dataset.open(tmp_path).files) == 2
    assert verdict(tmp_path, tmp_path) == "MATCH"


@pytest.mark.parametrize(
    "second, told",
    [
        (pa.table({"id": [1]}), "no column 'v'"),
        (ROWS.append_column("w", [["x"] * 3]), "column 'w' is not in"),
        (pa.table({"id": ["1"], "v": ["a"]}), "column 'id' is string, but int64"),
    ],
)
def test_files_of_differing_schemas_are_refused_by_file_and_column(tmp_path, second, told):
    pq.write_table(ROWS, tmp_path / "a.parquet")
    pq.write_table(second, tmp_path / "b.parquet")
    with pytest.raises(ComparisonError, match=told) as refused:
        Dataset.open(tmp_path)
    assert "b.parquet" in str(refused.value)


def test_a_dataset_without_files_has_the_given_schema(tmp_path):
    empty = Dataset.parquet([], ROWS.schema)
    pq.write_table(ROWS.slice(0, 0), tmp_path / "empty.parquet")
    result = compare(empty, Dataset.open(tmp_path / "empty.parquet"), Rules(keys=("id",)))
    assert (result.verdict, result.source_rows) == ("MATCH", 0)


@pytest.mark.parametrize(
    "name, content, told",
    [
        ("half.parquet", b"PAR1 and no more", "half.parquet: not a readable Parquet file"),
        ("empty.parquet", b"", "empty.parquet: not a readable Parquet file"),
        ("what.txt", b"hello", "what.txt: not a readable Parquet file"),
        ("empty.csv", b"", "line 1 must name every column"),
        ("latin.csv", b"id,gr\xfcn\n1,2\n", "UTF-8"),
        ("twice.csv", b"id,ID\n1,2\n", "'id' and 'ID' differ only by case"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ComparisonError, match=told):
        Dataset.open(tmp_path / name)


def test_a_parquet_file_cut_short_within_its_data_is_named(tmp_path):
    pq.write_table(pa.table({"id": list(range(10_000)), "v": list(range(10_000))}), tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:100] + b"\x00" * 5000 + whole[5100:])
    with pytest.raises(ComparisonError, match=r"cut\.parquet"):
        verdict(tmp_path / "whole.parquet", tmp_path / "cut.parquet")


def test_nothing_to_read_is_an_error(tmp_path):
    with pytest.raises(ComparisonError, match="no such file or folder"):
        Dataset.open(tmp_path / "none")
    with pytest.raises(ComparisonError, match=r"no Parquet or CSV file"):
        Dataset.open(tmp_path)


def test_a_folder_partitioned_by_name_is_refused(tmp_path):
    (tmp_path / "day=1").mkdir()
    pq.write_table(ROWS, tmp_path / "day=1" / "a.parquet")
    with pytest.raises(ComparisonError, match="partitioned by folder"):
        Dataset.open(tmp_path)


def test_columns_that_differ_only_by_case_are_refused(tmp_path):
    pq.write_table(pa.table({"id": [1], "Id": [2]}), tmp_path / "a.parquet")
    with pytest.raises(ComparisonError, match="'id' and 'Id' differ only by case"):
        Dataset.open(tmp_path / "a.parquet")


# Delta


def test_a_delta_table_is_its_newest_version(tmp_path):
    table, file = tmp_path / "t", tmp_path / "f.parquet"
    pq.write_table(ROWS, file)
    write_deltalake(table, pa.table({"id": [9], "v": ["z"]}))
    write_deltalake(table, ROWS, mode="overwrite")
    assert verdict(file, table) == "MATCH"
    old = Dataset.delta(table, version=0)
    assert compare(old, Dataset.open(file), Rules(keys=("id",))).source_rows == 1


def test_partition_columns_come_from_the_delta_log(tmp_path):
    rows = pa.table(
        {
            "id": pa.array([1, 2, 3, 4], pa.int64()),
            "day": pa.array([date(2024, 1, 1), date(2024, 1, 1), date(2024, 1, 2), None]),
            "name": ["a b", "c/d%", "é=", None],
        }
    )
    pq.write_table(rows, tmp_path / "f.parquet")
    write_deltalake(tmp_path / "t", rows, partition_by=["day", "name"])
    assert verdict(tmp_path / "f.parquet", tmp_path / "t") == "MATCH"


def test_a_column_added_later_is_null_in_older_delta_files(tmp_path):
    write_deltalake(tmp_path / "t", ROWS.select(["id"]).slice(0, 2))
    write_deltalake(tmp_path / "t", ROWS.slice(2).set_column(1, "v", [["x"]]), mode="append", schema_mode="merge")
    pq.write_table(pa.table({"id": [1, 2, 3], "v": [None, None, "x"]}), tmp_path / "f.parquet")
    assert verdict(tmp_path / "f.parquet", tmp_path / "t") == "MATCH"


def test_an_emptied_delta_table_has_no_rows(tmp_path):
    write_deltalake(tmp_path / "t", ROWS)
    DeltaTable(tmp_path / "t").delete()
    pq.write_table(ROWS.slice(0, 0), tmp_path / "f.parquet")
    assert verdict(tmp_path / "f.parquet", tmp_path / "t") == "MATCH"


def test_a_delta_table_with_column_mapping_is_refused(tmp_path):
    write_deltalake(tmp_path / "t", ROWS, configuration={"delta.columnMapping.mode": "name"})
    with pytest.raises(ComparisonError, match="column mapping"):
        Dataset.open(tmp_path / "t")


def test_a_broken_delta_log_is_named(tmp_path):
    (tmp_path / "t" / "_delta_log").mkdir(parents=True)
    with pytest.raises(ComparisonError, match="not a readable Delta table"):
        Dataset.open(tmp_path / "t")


# CSV


def csv_case(folder, source: str, target: str, **rules):
    (folder / "s.csv").write_text(source, encoding="utf-8")
    (folder / "t.csv").write_text(target, encoding="utf-8")
    return compare(Dataset.open(folder / "s.csv"), Dataset.open(folder / "t.csv"), Rules(keys=("id",), **rules))


@pytest.mark.parametrize(
    "source, target, same",
    [
        ("1,a", "1,a", True),
        ("1,001", "1,1", False),  # no guessing of types
        ("1,", '1,""', False),  # NULL is not ''
        ("1,", "1,NULL", False),
        ('1,"a"', "1,a", True),
        ('1,"a""b"', '1,"a""b"', True),
        ('1,"a,b"', "1,a;b", False),
        ("1, a", "1,a", False),
        ('1,"a\nb"', '1,"a\nb"', True),
        ("1,1.0", "1,1.00", False),
    ],
)
def test_csv_fields_are_text(tmp_path, source, target, same):
    result = csv_case(tmp_path, f"id,v\n{source}\n", f"id,v\n{target}\n")
    assert result.verdict == ("MATCH" if same else "PARTIAL MATCH")


@pytest.mark.parametrize(
    "text, value, type_, same",
    [
        ("1", 1, pa.int32(), True),
        ("001", 1, pa.int32(), False),
        ("+1", 1, pa.int32(), False),
        ("1.0", 1, pa.int32(), True),
        ("1.5", Decimal("1.50"), pa.decimal128(18, 2), True),
        (".50", Decimal("0.50"), pa.decimal128(18, 2), True),
        ("-0.5", Decimal("-0.50"), pa.decimal128(18, 2), True),
        ("10", Decimal("10.00"), pa.decimal128(18, 2), True),
        ("1.505", Decimal("1.51"), pa.decimal128(18, 2), False),
        ("0.1", 0.1, pa.float64(), True),
        ("1e-3", 0.001, pa.float64(), True),
        ("true", True, pa.bool_(), True),
        ("1", True, pa.bool_(), True),
        ("2024-01-02", date(2024, 1, 2), pa.date32(), True),
        ("01/02/2024", date(2024, 1, 2), pa.date32(), False),
        ("2024-01-02 03:04:05.0000000", datetime(2024, 1, 2, 3, 4, 5), pa.timestamp("us"), True),
        ("2024-01-02 03:04:05.0000001", datetime(2024, 1, 2, 3, 4, 5), pa.timestamp("us"), False),
        ("2024-01-02T03:04:05", datetime(2024, 1, 2, 3, 4, 5), pa.timestamp("us"), True),
        ("2024-01-02 03:04:05+02:00", datetime(2024, 1, 2, 1, 4, 5), pa.timestamp("us", "UTC"), True),
        ("", None, pa.int32(), True),
        ("a", "a", pa.string(), True),
    ],
)
def test_csv_text_is_read_as_the_other_sides_type_only_without_loss(tmp_path, text, value, type_, same):
    (tmp_path / "s.csv").write_text(f"id,v\n1,{text}\n")
    pq.write_table(pa.table({"id": [1], "v": pa.array([value], type_)}), tmp_path / "t.parquet")
    result = compare(Dataset.open(tmp_path / "s.csv"), Dataset.open(tmp_path / "t.parquet"), Rules(keys=("id",)))
    assert result.verdict == ("MATCH" if same else "PARTIAL MATCH")


def test_csv_text_that_is_no_number_differs_alone_and_is_shown_as_it_is(tmp_path):
    (tmp_path / "s.csv").write_text("id,v\n1,1\n2,x\n3,007\n4,\n5,5.50\n")
    pq.write_table(pa.table({"id": range(1, 6), "v": pa.array([1, 2, 7, None, 5], pa.int32())}), tmp_path / "t.parquet")
    result = compare(Dataset.open(tmp_path / "s.csv"), Dataset.open(tmp_path / "t.parquet"), Rules(keys=("id",)))
    (column,) = result.differing_columns
    assert {s.key["id"]: (s.source, s.target) for s in column.samples} == {
        "2": ("x", 2),
        "3": ("007", 7),
        "5": ("5.50", 5),
    }
    assert "'007'" in column.note


def test_a_rule_on_csv_columns_gives_them_a_type(tmp_path):
    rules = {"columns": {"v": ColumnRule(tolerance="0.1")}}
    assert csv_case(tmp_path, "id,v\n1,1.05\n", "id,v\n1,1.1\n", **rules).verdict == "MATCH"
    assert csv_case(tmp_path, "id,v\n1,1.05\n", "id,v\n1,1.2\n", **rules).verdict == "PARTIAL MATCH"


def test_gzipped_and_tab_separated_files_are_csv_too(tmp_path):
    (tmp_path / "s.csv.gz").write_bytes(gzip.compress(b"id,v\n1,a\n"))
    (tmp_path / "t.tsv").write_text("id\tv\n1\ta\n")
    assert verdict(tmp_path / "s.csv.gz", tmp_path / "t.tsv") == "MATCH"


def test_a_csv_line_with_too_many_fields_is_an_error_that_names_the_file(tmp_path):
    with pytest.raises(ComparisonError, match=r"s\.csv: .*CSV Error on Line: 2"):
        csv_case(tmp_path, "id,v\n1,a,b\n", "id,v\n1,a\n")


@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
def test_the_header_tells_what_separates_csv_fields(tmp_path, separator):
    (tmp_path / "s.csv").write_text(separator.join(['"id"', "v", '"a,b;c"']) + "\n" + separator.join("1xy") + "\n")
    (tmp_path / "t.csv").write_text('id,v,"a,b;c"\n1,x,y\n')
    assert verdict(tmp_path / "s.csv", tmp_path / "t.csv") == "MATCH"


def test_a_folder_of_csv_files_is_one_dataset(tmp_path):
    (tmp_path / "s" / "more").mkdir(parents=True)
    (tmp_path / "s" / "part-0.csv").write_text("id,v\n1,a\n")
    (tmp_path / "s" / "more" / "part-1.csv").write_text("id,v\n2,b\n")
    (tmp_path / "s" / "_SUCCESS").write_text("")
    (tmp_path / "t.csv").write_text("id,v\n2,b\n1,a\n")
    assert verdict(tmp_path / "s", tmp_path / "t.csv") == "MATCH"
    (tmp_path / "s" / "part-2.csv").write_text("v,id\nc,3\n")
    with pytest.raises(ComparisonError, match=r"part-2\.csv: its first line is not that of"):
        Dataset.open(tmp_path / "s")


def test_a_folder_of_both_parquet_and_csv_is_refused(tmp_path):
    pq.write_table(pa.table({"id": [1]}), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("id\n2\n")
    with pytest.raises(ComparisonError, match="holds both Parquet and CSV files"):
        Dataset.open(tmp_path)


UTC_US = pa.timestamp("us", "UTC")


@pytest.mark.parametrize(
    "text, value, type_, rule, same",
    [
        (" 5 ", 5, pa.int32(), {"trim": "both"}, True),
        ('""', None, pa.int32(), {"empty_is_null": True}, True),
        ('""', None, pa.int32(), {}, False),
        ("1.004", Decimal("1.00"), pa.decimal128(18, 2), {"tolerance": "0.005"}, True),
        ("9007199254740993", 2.0**53, pa.float64(), {}, False),
        ("1e400", float("inf"), pa.float64(), {}, False),
        ("-0.0", 0.0, pa.float64(), {}, True),
        ("9" * 40, Decimal("9" * 38), pa.decimal128(38, 0), {}, False),
        ("2024-02-29 00:00:00", date(2024, 2, 29), pa.date32(), {}, True),
        ("2024-02-29 00:00:01", date(2024, 2, 29), pa.date32(), {}, False),
        ("2024-02-29 10:11:12", date(2024, 2, 29), pa.date32(), {"precision": "day"}, True),
        (
            "2024-02-29 10:11:12.9999999",
            datetime(2024, 2, 29, 10, 11, 12),
            pa.timestamp("us"),
            {"precision": "second"},
            True,
        ),
        ("2024-07-01 12:00:00", datetime(2024, 7, 1, 10), UTC_US, {"timezone": "Europe/Berlin"}, True),
        ("2024-07-01 12:00:00", datetime(2024, 7, 1, 12), UTC_US, {}, True),
        ("2024-07-01 12:00:00+02:00", datetime(2024, 7, 1, 10), pa.timestamp("us"), {}, True),
        ("ab", b"ab", pa.binary(), {}, False),
    ],
)
def test_csv_text_is_read_by_value_under_the_rules(tmp_path, text, value, type_, rule, same):
    (tmp_path / "s.csv").write_text(f"id,v\n1,{text}\n")
    pq.write_table(pa.table({"id": [1], "v": pa.array([value], type_)}), tmp_path / "t.parquet")
    rules = Rules(keys=("id",), columns={"v": ColumnRule(**rule)})
    result = compare(Dataset.open(tmp_path / "s.csv"), Dataset.open(tmp_path / "t.parquet"), rules)
    assert result.verdict == ("MATCH" if same else "PARTIAL MATCH")


def test_nan_is_found_though_parquet_statistics_leave_it_out(tmp_path):
    """In the file, the smallest and the greatest value are both 1.5."""
    nan = float("nan")
    pq.write_table(pa.table({"k": [nan, 1.5, None], "v": [1.5, nan, None]}), tmp_path / "s.parquet")
    pq.write_table(pa.table({"k": [None, 1.5, nan], "v": [None, nan, nan]}), tmp_path / "t.parquet")
    for exact in (False, True):
        rules = Rules(keys=("k",), columns={"v": ColumnRule(tolerance=1)})
        result = compare(Dataset.open(tmp_path / "s.parquet"), Dataset.open(tmp_path / "t.parquet"), rules, exact=exact)
        assert (result.paired_rows, [c.differences for c in result.columns]) == (3, [0, 1])
