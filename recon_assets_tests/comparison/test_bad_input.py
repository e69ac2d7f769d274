"""What `recon compare` can't compare: exit code 2, a message that names the object, the file and the remedy, and nothing
written. (Rules that don't fit: `test_errors`; what a dataset is: `test_datasets`.)
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from deltalake import write_deltalake

from recon_assets.cli.compare import compare
from recon_assets.comparison import Dataset, Rules
from recon_assets.comparison import compare as compare_datasets

ROWS = pa.table({"id": range(20_000), "v": [f"value {i}" for i in range(20_000)]})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A sound Parquet file of two row groups with checksums."""
    file = tmp_path_factory.mktemp("whole") / "whole.parquet"
    pq.write_table(ROWS, file, row_group_size=10_000, compression="zstd", write_page_checksum=True)
    return file.read_bytes()


def refused(folder: Path, *arguments: str) -> str:
    """Calls `recon compare` on good.parquet and bad.parquet (or what `arguments` say); returns the message."""
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    (folder / "spill").mkdir()
    sides = [] if arguments[:1] and not arguments[0].startswith("-") else ["good.parquet", "bad.parquet"]
    spill = ["--temp-directory", "spill", "--json", "out.json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = CliRunner().invoke(compare, [*sides, *arguments, *spill])
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before, "something was written"
    assert "Traceback" not in done.stderr
    return done.stderr


def _damaged(data: bytes, at: float, length: int = 64) -> bytes:
    start = int(len(data) * at)
    return data[:start] + bytes(b ^ 0xFF for b in data[start : start + length]) + data[start + length :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="of no bytes"),
        pytest.param(lambda data: data[:2], id="of two bytes"),
        pytest.param(lambda data: data[:4], id="of its magic only"),
        pytest.param(lambda data: data[: len(data) // 2], id="half written"),
        pytest.param(lambda data: data[:-8], id="without its end"),
        pytest.param(lambda data: data[:-1], id="short of one byte"),
        pytest.param(lambda data: data[:-4] + b"PAR2", id="that ends otherwise"),
        pytest.param(lambda data: data[:-8] + b"\xff\xff\xff\x7f" + data[-4:], id="whose footer is said to be huge"),
        pytest.param(lambda data: data[:-200] + b"\x00" * 192 + data[-8:], id="whose footer is zeros"),
        pytest.param(lambda data: b"PAR1" + bytes(len(data) - 8) + b"PAR1", id="of zeros"),
        pytest.param(lambda data: b"id,v\n1,2\n", id="that is CSV"),
        pytest.param(lambda data: b"<html>404 not found</html>", id="that is a web page"),
        pytest.param(lambda data: _damaged(data, 0.4), id="damaged in the middle"),
        pytest.param(lambda data: _damaged(data, 0.7), id="damaged in its second half"),
        pytest.param(
            lambda data: data[: len(data) // 2] + bytes(4096) + data[len(data) // 2 + 4096 :], id="with a hole"
        ),
    ],
)
@pytest.mark.parametrize("options", [("--key", "id"), (), ("--key", "id", "--exact")], ids=" ".join)
def test_a_parquet_file_is_refused(tmp_path, whole, damage, options):
    (tmp_path / "good.parquet").write_bytes(whole)
    (tmp_path / "bad.parquet").write_bytes(damage(whole))
    assert "bad.parquet" in refused(tmp_path, *options)


def test_one_damaged_file_among_a_folders_is_named(tmp_path, whole):
    (tmp_path / "good.parquet").write_bytes(whole)
    (tmp_path / "many").mkdir()
    for i in range(5):
        data = whole if i != 3 else _damaged(whole, 0.4)
        (tmp_path / "many" / f"part-{i}.parquet").write_bytes(data)
    assert "part-3.parquet" in refused(tmp_path, "good.parquet", "many", "--key", "id")


INT = pa.int64()
REFUSED = {
    "a column of another type": (pa.table({"id": [1], "v": [1]}), ["b.parquet", "'v'", "string"]),
    "a narrower decimal": (pa.table({"id": [1], "d": pa.array([1], pa.decimal128(9, 2))}), ["b.parquet", "'v'"]),
    "a column less": (pa.table({"id": [1]}), ["b.parquet", "'v'"]),
    "a column more": (pa.table({"id": [1], "v": ["a"], "w": [1]}), ["b.parquet", "'w'"]),
    "a column whose name differs by case": (pa.table({"id": [1], "V": ["a"]}), ["b.parquet", "'v'"]),
    "a column in two cases": (pa.table({"id": [1], "v": ["a"], "V": ["a"]}), ["b.parquet", "'V'"]),
}


@pytest.mark.parametrize("other, told", REFUSED.values(), ids=REFUSED)
def test_files_of_one_folder_that_differ_are_refused(tmp_path, other, told):
    pq.write_table(pa.table({"id": [1], "v": ["a"]}), tmp_path / "good.parquet")
    (tmp_path / "many").mkdir()
    pq.write_table(pa.table({"id": [1], "v": ["a"]}), tmp_path / "many" / "a.parquet")
    pq.write_table(other, tmp_path / "many" / "b.parquet")
    message = refused(tmp_path, "good.parquet", "many", "--key", "id")
    assert [text for text in told if text not in message] == []


@pytest.mark.parametrize(
    "rules, told",
    [
        ("keys: [idd]\n", ["'idd'", "did you mean 'id'"]),
        ("keys: [id]\ncolumns: {amount: {tolerance: 1}}\n", ["'amount'"]),
        ("keys: [id]\ncolumns: {v: {tolerance: 1}}\n", ["'v'", "tolerance", "numbers"]),
        ("keys: [id]\ncolumns: {id: {tolerance: 1}}\n", ["'id'", "tolerance"]),
        ("keys: [id]\nignore: [id]\n", ["'id'", "ignored"]),
        ("keys: [id]\nignore: [v]\ncolumns: {v: {trim: both}}\n", ["'v'", "ignored"]),
        ("keys: [id]\ncolumns: {v: {trim: both}, V: {trim: leading}}\n", ["'V'", "second rule"]),
        ("keys: [id]\ncolumns: {v: {trim: middle}}\n", ["rules.yaml:2", "trim"]),
        ("keys: [id]\ncolumns: {v: {timezone: Berlin}}\n", ["'Berlin'"]),
        ("keys: [id]\ncolumns: {v: {tolerance: -1}}\n", ["rules.yaml:2", "tolerance"]),
        ("keys: [id]\ncolumns: {v: {tolerance: .nan}}\n", ["rules.yaml:2", "tolerance"]),
        ("keys: ['']\n", ["''"]),
        ("\x00\n", ["rules.yaml"]),
    ],
)
def test_rules_that_do_not_fit_are_refused(tmp_path, rules, told):
    for name in ("good", "bad"):
        pq.write_table(pa.table({"id": [1], "v": ["a"]}), tmp_path / f"{name}.parquet")
    (tmp_path / "rules.yaml").write_text(rules)
    message = refused(tmp_path, "--rules", "rules.yaml")
    assert [text for text in told if text not in message] == []


@pytest.mark.parametrize(
    "type_, value, told",
    [
        (pa.duration("us"), 1, "duration"),
        (pa.decimal256(39, 0), 1, "decimal256(39, 0)"),
        (pa.list_(pa.map_(pa.string(), INT)), [[("a", 1)]], "map"),
        (pa.list_(pa.duration("s")), [1], "duration"),
        (pa.list_(pa.duration("s"), 1), [1], "duration"),
        (pa.map_(pa.string(), pa.duration("ms")), [("a", 1)], "duration"),
        (pa.struct({"a": pa.decimal256(50, 0)}), {"a": 10**40}, "decimal256(50, 0)"),
    ],
    ids=str,
)
def test_a_type_without_comparison_is_refused_with_column_and_remedy(tmp_path, type_, value, told):
    for name in ("good", "bad"):
        pq.write_table(pa.table({"id": [1], "the v": pa.array([value], type_)}), tmp_path / f"{name}.parquet")
    message = refused(tmp_path, "--key", "id")
    assert [text for text in (told, "'the v'", "ignore") if text not in message] == []


@pytest.mark.parametrize(
    "type_, value",
    [
        (pa.timestamp("us"), 2**63 - 1),
        (pa.timestamp("us"), -(2**63) + 1),
        (pa.timestamp("us", "UTC"), -(2**63)),
        (pa.timestamp("ms"), 2**62),
        (pa.timestamp("s"), 2**53),
        (pa.date32(), 2_000_000_000),
        (pa.date32(), -(2**31)),
        (pa.list_(pa.timestamp("us")), [-(2**63)]),
    ],
    ids=str,
)
@pytest.mark.parametrize("other", [pa.timestamp("us"), pa.date32(), None], ids=str)
def test_a_time_out_of_range_is_refused_with_column_and_remedy(tmp_path, type_, value, other):
    """Beside another type, or the very same value."""
    sides = {"good": pa.array([None], other) if other else pa.array([value], type_), "bad": pa.array([value], type_)}
    for name, values in sides.items():
        pq.write_table(pa.table({"id": [1], "the v": values}), tmp_path / f"{name}.parquet")
    message = refused(tmp_path, "--key", "id")
    assert [text for text in ("out of range", "'the v'", "ignore") if text not in message] == []


def test_a_column_of_times_out_of_range_may_be_ignored(tmp_path):
    for name, at in (("good", 2**63 - 1), ("bad", -(2**63))):
        times = {"us": pa.array([at], pa.timestamp("us")), "list": pa.array([[at]], pa.list_(pa.timestamp("us")))}
        pq.write_table(pa.table({"id": [1], **times}), tmp_path / f"{name}.parquet")
    sides = (Dataset.open(tmp_path / f"{name}.parquet") for name in ("good", "bad"))
    assert compare_datasets(*sides, Rules(keys=("id",), ignore=("us", "list"))).verdict == "MATCH"


@pytest.mark.parametrize("kind", ["Parquet", "Delta", "CSV"])
def test_a_column_with_an_empty_name_is_refused(tmp_path, kind):
    """DuckDB would call it by its place, which may be another on the other side."""
    named, nameless = pa.table({"id": ["1"], "C0": ["1"]}), pa.table({"": ["1"], "id": ["1"]})
    pq.write_table(named, tmp_path / "good.parquet")
    if kind == "Parquet":
        pq.write_table(nameless, tmp_path / "nameless")
    elif kind == "Delta":
        write_deltalake(tmp_path / "nameless", nameless)
    else:
        (tmp_path / "nameless.csv").write_text(",id\n1,1\n")
    message = refused(tmp_path, "good.parquet", "nameless.csv" if kind == "CSV" else "nameless", "--key", "id")
    assert "nameless" in message and "name" in message.partition("nameless")[2]


@pytest.mark.parametrize(
    "one, other",
    [
        (pa.list_(pa.int32()), pa.list_(pa.int64())),
        (pa.struct({"a": INT}), pa.struct({"b": INT})),
        (pa.struct({"a": INT, "b": INT}), pa.struct({"b": INT, "a": INT})),
        (pa.list_(INT), pa.struct({"a": INT})),
        (pa.map_(pa.string(), INT), pa.map_(pa.string(), pa.int32())),
    ],
    ids=str,
)
def test_nested_types_that_differ_are_refused_by_column(tmp_path, one, other):
    for name, type_ in (("good", one), ("bad", other)):
        pq.write_table(pa.table({"id": [1], "the v": pa.array([None], type_)}), tmp_path / f"{name}.parquet")
    message = refused(tmp_path, "--key", "id")
    assert "'the v'" in message and "ignore" in message
