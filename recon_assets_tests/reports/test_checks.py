"""When each of the four asset checks passes, and what it says."""

import pytest

from recon_assets.comparison.result import DuplicateKeys
from recon_assets.reports.checks import CHECKS, check_facts
from recon_assets_tests.reports.examples import column, comparison, explained

KEYLESS = {"rules": {"keys": []}}
ONE_COLUMN = "both sides have the same 1 column to compare"


def test_every_report_has_the_four_checks_in_this_order():
    assert [fact.name for fact in check_facts(comparison())] == list(CHECKS)
    assert list(CHECKS) == ["row_count", "schema", "keys_unique", "values"]


@pytest.mark.parametrize(
    ("check", "changes", "passed", "description"),
    [
        ("row_count", {}, True, "both sides have 3 rows"),
        ("row_count", {"target_rows": 5}, False, "the target has 2 rows more: 5 against 3"),
        ("row_count", {"target_rows": 2}, False, "the target has 1 row fewer: 2 against 3"),
        ("schema", {}, True, "both sides have the same 2 columns to compare"),
        ("schema", {"columns": [column("a"), column("b", "ignored")]}, True, ONE_COLUMN),
        ("schema", {"columns": [column("a", "different", 9)]}, True, ONE_COLUMN),
        ("schema", {"columns": [column("a", "missing"), column("b", "extra"), column("c", "missing")]}, False,
         "not in the target: a, c; not in the source: b"),
        ("keys_unique", {}, True, "(id) identifies every row on both sides"),
        ("keys_unique", {"duplicate_keys": DuplicateKeys(2, 2)}, False,
         "values of (id) that occur more than once: 2 in the source, 2 in the target"),
        ("keys_unique", KEYLESS | {"duplicate_keys": DuplicateKeys(4, 1)}, True,
         "no key is declared: rows are compared whole"),
        ("values", {}, True, "all compared values of 3 paired rows are equal"),
        ("values", {"columns": [column("a", "different", 2)], "extra_rows": 1}, False,
         "a differs in 2 rows; 1 extra row"),
        ("values", {"missing_rows": 1200}, False, "1,200 missing rows"),
        ("values", {"columns": [column("a", "missing")]}, True,
         "all compared values of 3 paired rows are equal"),
    ],
)  # fmt: skip
def test_a_check_passes_or_fails_with_its_reason(check, changes, passed, description):
    [fact] = [fact for fact in check_facts(comparison(**changes)) if fact.name == check]
    assert (fact.passed, fact.description) == (passed, description)


def test_the_values_check_leads_with_the_causes_that_touch_most_rows():
    values = check_facts(explained())[3]
    assert values.description == (
        "purchases_amount: rounded half up to 1 digit in the target (12,000 of 12,500 rows);"
        " income_amount: 0.00 in the target where the source is NULL (3,741 rows);"
        " purchases_amount: unexplained (450 of 12,500 rows);"
        " purchases_amount: the sign is flipped in the target (50 of 12,500 rows);"
        " 30 of 40 extra rows: corporation_id is NULL in all of them"
        " (+2 more)"
    )
    assert set(values.metadata["causes"]) == {"income_amount", "purchases_amount"}
    assert values.metadata["missing_causes"] == [
        {
            "cause": "key_differs",
            "detail": "product_id differs by a trailing space",
            "rows": 10,
            "share": 1.0,
            "precision": 1.0,
        }
    ]


@pytest.mark.parametrize(
    ("source", "target", "severity"), [(2, 2, "WARN"), (0, 2, "ERROR"), (2, 0, "ERROR"), (2, 3, "ERROR")]
)
def test_keys_repeated_alike_on_both_sides_are_a_warning_and_otherwise_an_error(source, target, severity):
    [fact] = [
        fact
        for fact in check_facts(comparison(duplicate_keys=DuplicateKeys(source, target)))
        if fact.name == "keys_unique"
    ]
    assert fact.severity == severity
    assert not fact.passed


def test_type_differences_are_told_by_the_schema_check_but_do_not_fail_it():
    noted = column("n", source_type="int", target_type="bigint", note="int and bigint compare by value")
    schema = check_facts(comparison(columns=[noted]))[1]
    assert schema.passed
    assert schema.metadata["notes"] == {"n": "int and bigint compare by value"}
