"""The proof of a record: compared again, with known faults found, and failing when the comparison is wrong."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal as D
from fractions import Fraction
from functools import partial
from itertools import count

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from recon_assets.comparison import ColumnRule, Comparison, ComparisonError, Dataset, Rules, compare
from recon_assets.comparison.proof import Proof, prove
from recon_assets.comparison.proof.fields import Field, fitting_rule
from recon_assets.comparison.proof.meaning import surely_differ
from recon_assets.comparison.proof.reproduction import Reproduction, reproduce
from recon_assets.comparison.proof.steps import changed_sign, numbers_apart, numbers_within
from recon_assets_tests.comparison.exam import types as t
from recon_assets_tests.comparison.helpers import array

ROWS = 40


_nulls = count(3)


def column(type_: pa.DataType, *values) -> pa.Array:
    """The values over and over, with one NULL, in every column in another row."""
    cells = [values[i % len(values)] for i in range(ROWS)]
    null = next(_nulls) % ROWS
    return array([None if i == null else cell for i, cell in enumerate(cells)], type_)


NARROW = pa.table(
    {
        "id": pa.array(range(1, ROWS + 1), pa.int64()),
        "amount": column(t.dec(18, 2), D("10.00"), D("-3.55"), D("0.10"), D("99.99"), D("7.25")),
        "name": column(t.TEXT, "Ann", "Bob ", "Cid", "a longer text than the others"),
        "note": column(t.TEXT, "x", "", "yy"),
    }
)
AT = datetime(2024, 3, 1, 10, 20, 30, 400)
WIDE = pa.table(
    {
        "id": pa.array(range(1, ROWS + 1), pa.int64()),
        "tiny": column(t.TINYINT, 0, 255, 7),
        "bit": column(t.BIT, True, False),
        "huge": column(t.dec(38, 0), D(10**38 - 1), D(1 - 10**38), D(0)),
        "fraction": column(t.dec(38, 38), D("0." + "9" * 38), D("-0.5"), D(0)),
        "near": column(t.dec(18, 2), D("10.00"), D("-3.55"), D("99.99")),
        "share": column(t.dec(18, 2), D("100.00"), D("-7.10"), D("0.05")),
        "real": column(t.REAL, 0.1, 1e30, -2.5),
        "float": column(t.FLOAT, 0.1, 1e300, float("nan"), -0.0, float("inf")),
        "close": column(t.FLOAT, 1.1, 250.75, -3.0),
        "text": column(t.TEXT, "Ann ", "a'b\x00\n", "é𝄞"),
        "loose": column(t.TEXT, "Ann", "", "  "),
        "json": column(t.JSON, '{"a": 1}', "[1]"),
        "day": column(t.DATE, date(1, 1, 1), date(9999, 12, 31), date(2024, 2, 29)),
        "at": column(t.US, datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999), AT),
        "second": column(t.US, AT, datetime(1969, 12, 31, 23, 59, 59, 999999)),
        "ns": column(t.NS, AT, datetime(1999, 1, 1)),
        "zoned": column(t.UTC_US, AT.replace(tzinfo=UTC), datetime(2024, 7, 1, 23, 30, tzinfo=UTC)),
        "clock": column(t.TIME_NS, time(0), time(23, 59, 59, 999999)),
        "bytes": column(t.BINARY, b"", b"\x00\xff", b"\xff" * 40),
        "uuid": column(t.UUID, bytes(16), b"\xff" * 16),
        "list": column(pa.list_(t.INT), [], [1, None], [1, 2]),
        "struct": column(pa.struct({"a b": t.INT, "b": t.TEXT}), {"a b": 1, "b": "x"}, {"a b": None, "b": "y"}),
        "map": column(pa.map_(t.TEXT, t.INT), [("k", 1)], [("k", 2), ("l", 1)]),
        "nothing": pa.nulls(ROWS),
        'odd "name"': column(t.INT, 1, 2, 3),
    }
)  # fmt: skip
WIDE_RULES = {
    "near": {"tolerance": "0.015"},
    "share": {"relative_tolerance": "0.1"},
    "close": {"tolerance": "0.1"},
    "loose": {"trim": "both", "case": "ignore", "empty_is_null": True},
    "second": {"precision": "second"},
    "zoned": {"precision": "day", "timezone": "Europe/Berlin"},
}


@pytest.fixture
def record(tmp_path):
    """Makes the record of comparing two tables (a table with itself, if there is one) by files below tmp_path."""

    def make(source: pa.Table, target: pa.Table | None = None, *, exact: bool = False, columns=(), **rules):
        pq.write_table(source, tmp_path / "source.parquet")
        pq.write_table(source if target is None else target, tmp_path / "target.parquet")
        by_column = {name: ColumnRule(**rule) for name, rule in dict(columns).items()}
        sides = (Dataset.open(tmp_path / f"{side}.parquet") for side in ("source", "target"))
        return compare(*sides, Rules(columns=by_column, **rules), exact=exact)

    return make


def failed(proof: Proof) -> set[tuple[str, str]]:
    return {(each.fault.kind, each.fault.place) for each in proof.outcomes if not each.ok}


def planted(proof: Proof, *, counts: bool = True) -> set[tuple[str, str]]:
    return {(each.fault.kind, each.fault.place) for each in proof.outcomes if each.fault.counts == counts}


@pytest.mark.parametrize(
    ("keys", "columns"),
    [
        (("id",), WIDE.column_names),
        ((), ["id", "bit", "near", "float", "text", "loose", "zoned", "bytes", "map", "nothing"]),
    ],
)
def test_every_fault_of_every_type_is_found_and_every_exempted_change_disregarded(record, keys, columns):
    names = set(columns)
    rules = {name: rule for name, rule in WIDE_RULES.items() if name in names}
    proof = prove(record(WIDE.select(columns), keys=keys, columns=rules))
    assert failed(proof) == set()
    assert proof.holds
    of_kind = {kind: {p for k, p in planted(proof) if k == kind} for kind, _ in planted(proof)}
    assert of_kind["smallest change"] == names - {"nothing"}
    assert of_kind["value set to NULL"] == names - {"nothing"}
    assert of_kind["NULL set to a value"] == names - {"id", "nothing", "struct"}
    assert of_kind["trailing space"] == {"text", "json"} & names
    disregarded = {
        ("change within the tolerance", "near"),
        ("change within the tolerance", "share"),
        ("change within the tolerance", "close"),
        ("case changed", "loose"),
        ("trailing space", "loose"),
        ("leading space", "loose"),
        ("NULL set to ''", "loose"),
        ("change below the precision", "second"),
        ("change below the precision", "zoned"),
    }
    assert planted(proof, counts=False) == {(kind, place) for kind, place in disregarded if place in names}


def test_what_cannot_be_planted_is_listed_with_the_reason(record):
    rows = pa.table({"id": [1, 2, 3], "flag": pa.array([True] * 3), "none": pa.nulls(3, t.INT), "blank": [""] * 3})
    proof = prove(record(rows, keys=["id"]))
    reasons = {(each.kind, each.place): each.reason for each in proof.impossible}
    assert reasons["smallest change", "none"] == "every value is NULL"
    assert reasons["smallest change", "blank"] == "every text is empty"
    assert reasons["sign changed", "flag"] == "neither bits nor unsigned numbers have a sign"
    assert reasons["two rows' values swapped", "flag"] == "no two values are sure to differ"
    assert reasons["NULL set to a value", "flag"] == "no value is NULL"
    assert proof.holds


@pytest.mark.parametrize(
    ("rows", "rules"),
    [
        (pa.table({"id": [1]}), {"keys": ["id"]}),
        (pa.table({"flag": [True, False]}), {"keys": ["flag"]}),
        (pa.table({"flag": [True, False, True, None]}), {}),
        (pa.table({"x": [1, 1, 1], "y": [1, 1, 1]}), {"keys": ["x"]}),
        (pa.table({"k": ["a", "A ", None], "v": [1, 2, 3]}),
         {"keys": ["K"], "columns": {"k": {"trim": "both", "case": "ignore"}}, "strict_row_count": True}),
        (pa.table({"x": [1.0, 2.0, 2.0]}), {"columns": {"x": {"tolerance": 1}}}),
    ],
)  # fmt: skip
def test_small_tables_with_awkward_keys_are_proven_too(record, rows, rules):
    proof = prove(record(rows, **rules))
    assert failed(proof) == set()
    assert planted(proof)


def test_renamed_ignored_and_one_sided_columns_are_known_by_the_records_rules(record):
    source = NARROW.append_column("Only here", [["z"] * ROWS]).append_column("skip", [list(map(str, range(ROWS)))])
    target = NARROW.rename_columns(["id", "betrag", "name", "note"])
    rules = {"keys": ["id"], "rename": {"AMOUNT": "betrag"}, "ignore": ["skip"]}
    proof = prove(record(source, target, columns={"betrag": {"tolerance": "0.01"}}, **rules))
    assert proof.holds
    assert ("change in an ignored column", "skip") in planted(proof, counts=False)
    assert ("change within the tolerance", "amount") in planted(proof, counts=False)
    assert not any(place == "Only here" for _, place in planted(proof))


def test_an_ignored_column_may_be_of_a_type_that_has_no_comparison(record):
    rows = NARROW.select(["id", "name"]).append_column("took", pa.array(range(ROWS), pa.duration("us")))
    proof = prove(record(rows, keys=["id"], ignore=["took"]))
    assert proof.holds
    assert ("change in an ignored column", "took") in planted(proof, counts=False)


def test_csv_text_is_proven_as_what_it_was_compared_as(tmp_path):
    (tmp_path / "s.csv").write_text("id,v,w\n1,1.5,a\n2,x,b\n3,-2,c\n")
    target = pa.table({"id": [1, 2, 3], "v": pa.array([D("1.5"), None, D(-2)], t.dec(9, 2)), "w": ["a", "b", "c"]})
    write_deltalake(tmp_path / "t", target)
    made = compare(Dataset.open(tmp_path / "s.csv"), Dataset.open(tmp_path / "t"), Rules(keys=("id",)))
    proof = prove(made)
    assert proof.holds
    assert ("sign changed", "v") in planted(proof)
    assert ("case changed", "w") in planted(proof)


# A comparison that is wrong


def with_rules(**changed):
    """A comparer that compares by other rules than it is given."""
    columns = {name: ColumnRule(**rule) for name, rule in changed.pop("columns", {}).items()}
    return lambda source, target, rules: compare(
        source, target, rules.model_copy(update={**changed, "columns": rules.columns | columns}), samples=0
    )


def test_a_comparison_that_is_too_lenient_or_too_strict_in_some_columns_fails_there_and_nowhere_else(record):
    other_rules = {
        "name": {},  # which is declared to be trimmed
        "note": {"empty_is_null": True},
        "second": {"tolerance": "0.01"},
    }
    rows = NARROW.append_column("second", NARROW["amount"])
    made = record(rows, keys=["id"], columns={"name": {"trim": "trailing"}})
    proof = prove(made, comparer=with_rules(columns=other_rules))
    assert proof.reproduction.holds
    assert not proof.holds
    assert failed(proof) == {
        ("trailing space", "name"),
        ("NULL set to a value", "note"),
        ("smallest change", "second"),
    }
    wrong = {each.fault.place: each.wrong for each in proof.outcomes if not each.ok}
    assert wrong["name"] == ("verdict: PARTIAL MATCH, not MATCH", "differences in name: 1, not none")
    assert wrong["second"] == ("verdict: MATCH, not PARTIAL MATCH", "differences in second: none, not 1")


def test_a_comparison_that_leaves_a_column_out_fails_in_all_of_its_faults(record):
    proof = prove(record(NARROW, keys=["id"]), comparer=with_rules(ignore=("amount",)))
    assert failed(proof) >= {(kind, "amount") for kind in ("smallest change", "value set to NULL", "sign changed")}
    assert all("amount" in place or place == "rows" for _, place in failed(proof))


def test_a_comparison_that_knows_no_copies_fails_in_doubled_rows(record):
    def of_distinct_rows(source, target, rules):
        for (file,) in (source.files, target.files):
            duckdb.execute(f"COPY (SELECT DISTINCT * FROM read_parquet('{file}')) TO '{file}' (FORMAT parquet)")
        return compare(source, target, rules, samples=0)

    kinds = {kind for kind, _ in failed(prove(record(NARROW), comparer=of_distinct_rows))}
    assert kinds == {
        "row doubled",
        "both copies of a row changed alike",
        "one copy of a row dropped",
        "one copy of a row changed",
    }


# Compared again


def again(made: Comparison, *, exact: bool = False) -> Reproduction:
    return reproduce(made, partial(compare, exact=exact))


def test_a_record_of_differing_data_is_reproduced(record):
    target = NARROW.slice(1).set_column(3, "note", [["other"] * (ROWS - 1)])
    for exact in (False, True):
        found = again(record(NARROW, target, keys=["id"], exact=exact), exact=exact)
        assert (found.found.verdict, found.holds) == ("NO MATCH", True)
        assert found.fingerprints_compared is not exact


@pytest.mark.parametrize("side", ["source", "target"])
def test_changed_data_is_told_by_side(record, tmp_path, side):
    made = record(NARROW, keys=["id"])
    pq.write_table(NARROW.slice(1), tmp_path / f"{side}.parquet")
    found = again(made)
    assert found.changed_sides == [side]
    assert found.unlike["verdict"] == ("MATCH", "PARTIAL MATCH")
    assert f"The data of the {side} has changed" in found.sentence
    assert not found.holds


def test_changes_that_leave_every_count_as_it_was_are_told_by_the_fingerprints(record, tmp_path):
    made = record(NARROW, keys=["id"])
    for side in ("source", "target"):
        pq.write_table(NARROW.set_column(3, "note", [["other"] * ROWS]), tmp_path / f"{side}.parquet")
    found = again(made)
    assert (found.unlike, found.changed_sides) == ({}, ["source", "target"])


def test_fingerprints_of_another_scheme_are_not_compared(record):
    made = record(NARROW, keys=["id"])
    made.evidence["fingerprints"]["scheme"] = "of long ago"
    found = again(made)
    assert (found.holds, found.fingerprints_compared) == (True, False)
    assert "another scheme" in found.sentence


def test_a_record_whose_result_no_longer_comes_out_of_the_same_data_is_told(record):
    made = record(NARROW, keys=["id"])
    found = again(replace(made, missing_rows=1))
    assert (found.holds, found.changed_sides) == (False, [])
    assert "though the data has the fingerprints of the record" in found.sentence


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        (NARROW.slice(0, 0), NARROW, "no rows"),
        (NARROW, NARROW.drop_columns("id"), "cannot be compared"),
    ],
)
def test_where_nothing_can_be_planted_that_is_an_error(record, source, target, told):
    with pytest.raises(ComparisonError, match=told):
        prove(record(source, target, keys=["id"]))


def test_a_record_that_does_not_say_where_its_data_lies_is_refused(record):
    made = record(NARROW)
    del made.evidence["datasets"]
    with pytest.raises(ComparisonError, match="doesn't say where its data lies"):
        prove(made)


# What must be found, from docs/rules.md


def field(type_: str, **rule) -> Field:
    return Field(0, "v", "v", type_, ColumnRule(**rule))


@pytest.mark.parametrize(
    ("column", "value", "apart", "within"),
    [
        (field("INTEGER"), "5", ["4", "6"], []),
        (field("INTEGER"), "-2147483648", ["-2147483647"], []),
        (field("UTINYINT"), "255", ["254"], []),
        (field("UTINYINT"), "0", ["1"], []),
        (field("BOOLEAN"), "1", ["0"], []),
        (field("DECIMAL(38,2)"), "9" * 36 + ".99", ["9" * 36 + ".98"], []),
        (field("INTEGER", tolerance=2), "10", ["7", "13"], ["8"]),
        (field("DECIMAL(5,2)", tolerance="0.015"), "1.00", ["0.98", "1.02"], ["0.99"]),
        (field("DECIMAL(5,2)", tolerance="0.001"), "1.00", ["0.99", "1.01"], []),
        (field("DECIMAL(5,2)", relative_tolerance="0.1"), "2.00", ["1.79"], ["1.80"]),
        (field("DECIMAL(5,2)", tolerance="0.5", relative_tolerance="0.1"), "2.00", ["1.49"], ["1.50"]),
        (field("TINYINT", tolerance=1000), "5", [], []),
        (field("DOUBLE", tolerance="0.1"), "1.1", ["9.999999999999999e-01", "1.2000000000000002e+00"], ["1.0e+00"]),
        (field("DOUBLE"), "0.0", ["5.0e-324", "-5.0e-324"], []),
        (field("FLOAT"), "1.0", ["9.9999994e-01", "1.0000001e+00"], []),
    ],
)  # fmt: skip
def test_the_nearest_numbers_beyond_and_within_a_tolerance(column, value, apart, within):
    assert [Fraction(n) for n in numbers_apart(column, value)] == [Fraction(n) for n in apart]
    assert [Fraction(n) for n in numbers_within(column, value)] == [Fraction(n) for n in within]


@pytest.mark.parametrize(
    ("column", "value", "changed"),
    [
        (field("INTEGER"), "5", "-5"),
        (field("TINYINT"), "-128", None),
        (field("UTINYINT"), "5", None),
        (field("INTEGER"), "0", None),
        (field("DECIMAL(5,2)", tolerance=1), "0.50", None),
        (field("DECIMAL(5,2)", tolerance=1), "0.51", "-0.51"),
        (field("DOUBLE"), "-1.5", "1.5"),
    ],
)
def test_a_sign_is_changed_where_the_type_has_one_and_the_rule_counts_it(column, value, changed):
    assert changed_sign(column, value) == changed


DAY = 86_400 * 10**6
BERLIN = {"precision": "day", "timezone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("column", "one", "other", "differ"),
    [
        (field("VARCHAR"), "a", "A", True),
        (field("VARCHAR", case="ignore"), "a", "A", False),
        (field("VARCHAR", case="ignore"), "a", "b", True),
        (field("VARCHAR", trim="both"), "a ", "a", False),
        (field("TIMESTAMP"), 0, 1, True),
        (field("TIMESTAMP", precision="second"), 0, 999_999, False),
        (field("TIMESTAMP", precision="second"), -1, 0, True),
        (field("TIMESTAMP", precision="day"), 19_800 * DAY, 19_801 * DAY - 1, False),
        (field("TIMESTAMP WITH TIME ZONE", **BERLIN), 19_800 * DAY - 3_600 * 10**6, 19_800 * DAY, False),
        (field("TIMESTAMP WITH TIME ZONE", **BERLIN), 19_800 * DAY - 3_600 * 10**6 - 1, 19_800 * DAY, True),
        (field("TIMESTAMP WITH TIME ZONE", **BERLIN), -100_000 * DAY, 0, False),
        (field("DATE", precision="hour"), 1, 2, True),
    ],
)
def test_values_are_sure_to_differ_only_where_the_rules_leave_no_doubt(column, one, other, differ):
    assert surely_differ(column, one, other) is differ


def test_a_rule_is_tried_on_values_of_its_family_only():
    rule = ColumnRule(tolerance=1, trim="both", timezone="UTC", parse_text=True)
    assert fitting_rule(rule, "INTEGER") == (ColumnRule(tolerance=1), ["trim", "parse_text", "timezone"])
