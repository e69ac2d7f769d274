"""Tables of an unusual shape, and columns of unusual names: nothing about them changes what is found."""

import random

import pyarrow as pa
import pytest

from recon_assets_tests.comparison.helpers import compared, differences

NAMES = [
    " ",
    "a b",
    " padded ",
    'quoted "name"',
    "it's",
    '"',
    "`",
    "[bracketed]",
    "a.b",
    "a.b.c",
    "a;b--c/*d*/",
    "100%",
    "{0}",
    "$1",
    "?",
    ":name",
    "\\",
    "line\nbreak",
    "tab\t",
    "prüfung",
    "列",
    "😀",
    "select",
    "from",
    "order",
    "group by",
    "null",
    "true",
    "rowid",
    "filename",
    "file_row_number",
    "count",
    "hash",
    "k",
    "k0",
    "k1",
    "v",
    "v0",
    "a0",
    "b0",
    "s",
    "t",
    "g",
    "h",
    "n",
    "source",
    "target",
    "side",
    "rows",
    "bucket",
    "key",
    "value",
    "columns",
    "x" * 300,
]


@pytest.mark.parametrize("exact", [False, True], ids=["fingerprint first", "exact"])
def test_columns_of_any_name_are_compared(tmp_path, engine, exact):
    source = pa.table([pa.array([1, 2, 2])] * (len(NAMES) + 1), names=["id", *NAMES])
    target = pa.table([pa.array([1, 2, 2])] + [pa.array([1, 2, 3])] * len(NAMES), names=["id", *NAMES])
    found = compared(tmp_path, source, target, keys=("id",), exact=exact, engine=engine)
    assert differences(found) == dict.fromkeys(NAMES, 1)


def test_key_renamed_and_ruled_columns_may_have_any_name(tmp_path, engine):
    """Every name is a key's, is renamed, has a rule and is told in the samples."""
    source = pa.table({**{name: ["A", "b", "b"] for name in NAMES}, "other": [1.0, 2.0, 3.0]})
    target = pa.table({**{f"new {name}": ["b", "a", "b"] for name in NAMES}, "other": [3.0, 1.05, 2.5]})
    rules = {"keys": tuple(NAMES), "rename": {name: f"new {name}" for name in NAMES}}
    columns = {**{name: {"case": "ignore"} for name in NAMES}, "other": {"tolerance": "0.1"}}
    found = compared(tmp_path, source, target, **rules, columns=columns, engine=engine)
    assert (found.paired_rows, differences(found), found.duplicate_keys.source) == (3, {"other": 1}, 1)
    assert found.columns[-1].samples[0].key == dict.fromkeys(NAMES, "b")


def test_whole_rows_may_have_columns_of_any_name(tmp_path, engine):
    source = pa.table({name: ["a", "b", "b"] for name in NAMES})
    target = pa.table({name: ["b", "a", "c"] for name in reversed(NAMES)})
    found = compared(tmp_path, source, target, engine=engine)
    assert (found.paired_rows, found.missing_samples) == (2, [dict.fromkeys(NAMES, "b")])


def test_two_thousand_columns_and_long_text_are_compared(tmp_path, engine):
    wide = {f"c{i}": [i, i + 1] for i in range(2000)}
    one = pa.table({"id": [1, 2], "long": ["x" * 1_000_000, "y"], **wide})
    other = pa.table({"id": [1, 2], "long": ["x" * 999_999 + "z", "y"], **wide, "c7": [7, 9]})
    result = compared(tmp_path, one, other, keys=("id",), engine=engine)
    assert differences(result) == {"long": 1, "c7": 1}


def test_many_columns_that_all_differ(tmp_path, engine):
    one, other = (pa.table({"id": [1, 2], **{f"c{i}": [i, i + n] for i in range(150)}}) for n in (1, 2))
    assert len(differences(compared(tmp_path, one, other, keys=("id",), engine=engine))) == 150


def test_many_columns_of_few_values_that_all_differ_are_exchanged_by_chance(tmp_path, engine):
    """No two of the columns have to do with each other; each has the values of every other."""
    chance = random.Random(1)
    one, other = (
        pa.table({"id": range(2_000)} | {f"c{i}": [chance.randrange(50) for _ in range(2_000)] for i in range(24)})
        for _ in range(2)
    )
    found = compared(tmp_path, one, other, keys=("id",), engine=engine)
    assert {cause.cause for column in found.columns for cause in column.causes} == {"unexplained"}


def test_long_keys_and_long_values_pair_by_their_last_character(tmp_path, engine):
    million = "é" * 500_000
    one = pa.table({"id": [million + "a", million + "b"], "v": [million, million + " "], "raw": [b"\x00" * 10**6] * 2})
    other = pa.table({"id": [million + "b", million + "a"], "v": [million, million], "raw": [b"\x00" * 10**6] * 2})
    result = compared(tmp_path, one, other, keys=("id",), engine=engine)
    assert (result.paired_rows, differences(result)) == (2, {"v": 1})


def test_ten_thousand_rows_of_one_key_pair_off_their_equals(tmp_path, engine):
    rows = list(range(10_000))
    one = pa.table({"id": [7] * 10_000, "v": rows, "w": [i % 3 for i in rows]})
    other = pa.table({"id": [7] * 9_999, "v": [*rows[:0:-1][:-1], -1], "w": [i % 3 for i in rows[:0:-1]]})
    result = compared(tmp_path, one, other, keys=("id",), engine=engine)
    assert (result.paired_rows, result.missing_rows, result.extra_rows) == (9_999, 1, 0)
    assert differences(result) == {"v": 1}


def test_ten_thousand_rows_of_one_key_that_all_differ_never_multiply(tmp_path, engine):
    one, other = (pa.table({"id": [7] * 10_000, "v": range(n, n + 10_000)}) for n in (0, 10_000))
    result = compared(tmp_path, one, other, keys=("id",), engine=engine)
    assert (result.verdict, result.paired_rows, differences(result)) == ("PARTIAL MATCH", 10_000, {"v": 10_000})


@pytest.mark.parametrize("samples", [0, 1, 5, 1000])
def test_as_many_samples_as_asked_for_are_kept(tmp_path, engine, samples):
    one, other = pa.table({"id": range(100), "v": [1] * 100}), pa.table({"id": range(50, 150), "v": [2] * 100})
    result = compared(tmp_path, one, other, keys=("id",), samples=samples, engine=engine)
    assert (len(result.columns[1].samples), len(result.missing_samples)) == (min(samples, 50), min(samples, 50))


def test_a_table_without_columns_is_not_compared_by_guess(tmp_path, engine):
    result = compared(tmp_path, pa.table({"a": [1]}), pa.table({"b": [1]}), engine=engine)
    assert (result.verdict, result.paired_rows) == ("NO MATCH", 0)


def test_all_columns_ignored_leave_nothing_to_compare(tmp_path, engine):
    one, other = pa.table({"a": [1]}), pa.table({"a": [2]})
    assert compared(tmp_path, one, other, ignore=("a",), engine=engine).verdict != "MATCH"
