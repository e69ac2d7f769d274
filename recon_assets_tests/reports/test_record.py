"""The record comes back from its file as it was, and says what matters in a few words."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon_assets.comparison.result import ValueSample, Verdict
from recon_assets.reports.files import ReportError
from recon_assets.reports.record import InputProof, read_json, write_json
from recon_assets_tests.reports.examples import column, comparison, different, explained, report

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "output.json"


@given(key=json_values, source=json_values, target=json_values)
def test_any_values_come_back_exactly(tmp_path_factory, key, source, target):
    samples = [ValueSample({"id": key}, source, target)]
    written = report(comparison(columns=[column("a", "different", 1, samples=samples)], evidence={"e": source}))
    path = tmp_path_factory.mktemp("record") / "output.json"
    write_json(written, path)
    read = read_json(path)
    assert read == written
    assert repr(read.comparison) == repr(written.comparison)  # 1, 1.0 and True are equal but not the same


def test_the_file_also_holds_what_follows_from_the_record(path):
    write_json(report(), path)
    stored = json.loads(path.read_text("utf-8"))
    assert (stored["as_expected"], stored["top_reason"], stored["seconds"]) == (True, "", 12.5)
    assert stored["comparison"] == json.loads(json.dumps(report().comparison.to_json()))


def test_causes_come_back_as_they_were_and_the_top_one_is_stored_beside(path):
    write_json(report(explained()), path)
    assert read_json(path) == report(explained())
    stored = json.loads(path.read_text("utf-8"))
    assert stored["top_cause"] == "rounding"
    assert stored["comparison"]["extra_causes"][0] == {
        "cause": "null_key",
        "detail": "corporation_id is NULL in all of them",
        "rows": 30,
        "share": 0.75,
        "precision": 0.975,
        "samples": [{"id": 8, "product_id": "P1"}],
    }


def test_times_are_stored_in_utc(path):
    berlin = timezone(timedelta(hours=2))
    write_json(report(started_at=datetime(2026, 7, 1, 1, 30, tzinfo=berlin)), path)
    assert json.loads(path.read_text("utf-8"))["started_at"] == "2026-06-30T23:30:00Z"


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="timezone"):
        report(started_at=datetime(2026, 7, 1))


def test_a_number_that_json_cannot_hold_is_refused_and_the_old_file_stays(path):
    write_json(report(), path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(report(comparison(columns=[different("a", (float("nan"), 1.0))])), path)
    assert read_json(path) == report()
    assert [file.name for file in path.parent.iterdir()] == ["output.json"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: len(text) // 2], "Invalid JSON"),
        (lambda text: "", "Invalid JSON"),
        (lambda text: "[]", "damaged or not a report"),
        (lambda text: text.replace('"MATCH"', '"MATSCH"', 1), "at comparison.verdict"),
        (lambda text: text.replace('"run_id"', '"run"', 1), "at run_id: Field required"),
    ],
)
def test_a_damaged_file_is_named_with_the_place_and_the_remedy(path, damage, said):
    write_json(report(), path)
    path.write_text(damage(path.read_text("utf-8")), "utf-8")
    with pytest.raises(ReportError) as error:
        read_json(path)
    assert str(path) in str(error.value)
    assert said in str(error.value)
    assert "run the reconciliation again" in str(error.value)


def test_a_missing_file_is_named(path):
    with pytest.raises(ReportError, match=r"output\.json: No such file or directory\. Run the reconciliation"):
        read_json(path)


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path):
    (tmp_path / "reports").write_text("a file is in the way")
    with pytest.raises(ReportError) as error:
        write_json(report(), tmp_path / "reports" / "output.json")
    assert f"cannot write the report output.json in {tmp_path / 'reports'}" in str(error.value)
    assert "choose another report folder" in str(error.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"verdict": Verdict.MATCH}, ""),
        ({"columns": [different("n", ("1", "2"))]}, "n differs in 1 row"),
        ({"columns": [column("n", "different", 1204)]}, "n differs in 1,204 rows"),
        ({"extra_rows": 40}, "40 extra rows"),
        ({"missing_rows": 1}, "1 missing row"),
        ({"missing_rows": 5, "extra_rows": 40}, "40 extra rows (+1 more)"),
        ({"missing_rows": 5, "columns": [column("n", "different", 9), column("m", "different", 7)]},
         "n differs in 9 rows (+2 more)"),
        ({"columns": [column("a", "different", 3), column("b", "different", 3)]},
         "a differs in 3 rows (+1 more)"),
        ({"columns": [column("n", "different", 3), column("m", "missing")]},
         "m is not in the target (+1 more)"),
        ({"columns": [column("m", "extra")]}, "m is not in the source"),
        ({"columns": [column("m", "ignored")]}, "why not"),
    ],
)  # fmt: skip
def test_the_top_reason_is_what_touches_most_rows(changes, reason):
    facts = {"verdict": Verdict.NO_MATCH, "reason": "why not"} | changes
    assert report(comparison(**facts)).top_reason == reason


@pytest.mark.parametrize(
    ("verdict", "expected", "as_expected"),
    [
        (Verdict.MATCH, Verdict.MATCH, True),
        (Verdict.NO_MATCH, Verdict.NO_MATCH, True),
        (Verdict.MATCH, Verdict.NO_MATCH, False),
        (Verdict.PARTIAL_MATCH, Verdict.MATCH, False),
    ],
)
def test_a_verdict_is_as_expected_only_if_it_is_the_declared_one(verdict, expected, as_expected):
    assert report(comparison(verdict=verdict), expected=expected).as_expected is as_expected


@pytest.mark.parametrize(
    ("target_rows", "target_fingerprint", "proven"),
    [(5, "ab", True), (5, "cd", False), (6, "ab", False), (None, None, False)],
)
def test_an_input_is_proven_only_by_equal_rows_and_fingerprint(target_rows, target_fingerprint, proven):
    proof = InputProof(
        table="t",
        source_rows=5,
        source_fingerprint="ab",
        target_rows=target_rows,
        target_fingerprint=target_fingerprint,
    )
    assert proof.proven is proven
