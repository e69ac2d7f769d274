"""The reasons for a verdict: their words, and which comes first."""

import pytest

from recon_assets.comparison.causes.selection import SIMPLICITY
from recon_assets.comparison.result import Verdict
from recon_assets.reports.cause_labels import LABELS, cause_label
from recon_assets.reports.why import joined, leads, precision_said, reasons, top_cause
from recon_assets_tests.reports.examples import cause, column, comparison, explained, row_cause


def caused(name: str, differences: int, *causes):
    return column(name, "different", differences, causes=list(causes))


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        ({}, []),
        ({"columns": [caused("n", 9, cause("rounding", "rounded to 1 digit", 9, 9))]},
         ["n: rounded to 1 digit (9 rows)"]),
        ({"columns": [caused("n", 1, cause("rounding", "rounded to 1 digit", 1, 1))]},
         ["n: rounded to 1 digit (1 row)"]),
        ({"columns": [caused("n", 1204, cause("sign", "the sign is flipped", 1000, 1204),
                             cause("unexplained", "nothing fits", 204, 1204))]},
         ["n: the sign is flipped (1,000 of 1,204 rows)", "n: unexplained (204 of 1,204 rows)"]),
        ({"columns": [caused("n", 2, cause("novel_cause", "", 2, 2))]}, ["n: novel cause (2 rows)"]),
        ({"columns": [column("n", "different", 2)]}, ["n differs in 2 rows"]),
        ({"columns": [column("n", "missing"), column("m", "extra")]},
         ["n is not in the target", "m is not in the source"]),
        ({"missing_rows": 7}, ["7 missing rows"]),
        ({"missing_rows": 7, "missing_causes": [row_cause("predicate", "product_id = 7", 7, 7)]},
         ["7 missing rows: product_id = 7"]),
        ({"extra_rows": 7, "extra_causes": [row_cause("fan_out", "3 keys appear twice", 3, 7),
                                            row_cause("unexplained", "", 4, 7)]},
         ["4 of 7 extra rows: unexplained", "3 of 7 extra rows: 3 keys appear twice"]),
    ],
)  # fmt: skip
def test_a_reason_tells_where_why_and_how_often(changes, texts):
    assert [reason.text for reason in reasons(comparison(**changes))] == texts


def test_the_reason_that_touches_most_rows_comes_first_and_a_missing_column_before_all():
    columns = [
        caused("a", 10, cause("sign", "s", 6, 10), cause("factor", "f", 4, 10)),
        caused("b", 5, cause("offset", "o", 5, 5)),
        column("c", "missing"),
    ]
    found = reasons(comparison(columns=columns, extra_rows=5, extra_causes=[row_cause("fan_out", "x", 5, 5)]))
    assert [(reason.subject, reason.cause) for reason in found] == [
        ("c", None), ("a", "sign"), ("b", "offset"), ("extra rows", "fan_out"), ("a", "factor"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "cause_of_most"),
    [
        ({}, ""),
        ({"columns": [column("n", "different", 2)]}, ""),
        ({"columns": [column("m", "missing"), caused("n", 2, cause("sign", "s", 2, 2))]}, "sign"),
        ({"columns": [caused("n", 9, cause("sign", "s", 2, 9), cause("unexplained", "", 7, 9))]}, "unexplained"),
        ({"columns": [caused("n", 2, cause("sign", "s", 2, 2))], "missing_rows": 3,
          "missing_causes": [row_cause("null_key", "n", 3, 3)]}, "null_key"),
    ],
)  # fmt: skip
def test_the_top_cause_is_the_one_of_most_rows_also_when_that_is_none(changes, cause_of_most):
    assert top_cause(comparison(verdict=Verdict.NO_MATCH, **changes)) == cause_of_most


@pytest.mark.parametrize(
    ("most", "text"),
    [
        (1, "5 extra rows (+2 more)"),
        (2, "5 extra rows; b differs in 4 rows (+1 more)"),
        (3, "5 extra rows; b differs in 4 rows; a differs in 3 rows"),
    ],
)
def test_reasons_that_are_left_out_are_counted(most, text):
    columns = [column("a", "different", 3), column("b", "different", 4)]
    assert joined(reasons(comparison(columns=columns, extra_rows=5)), most) == text


def test_only_unexplained_reasons_need_a_human():
    assert [reason.text for reason in reasons(explained()) if reason.unexplained] == [
        "purchases_amount: unexplained (450 of 12,500 rows)",
        "10 of 40 extra rows: unexplained",
    ]


@pytest.mark.parametrize(
    ("precision", "said"),
    [
        (1.0, "true of extra rows only"),
        (0.975, "97.50 % of the rows this is true of are extra"),
        (0.999999, "> 99.99 % of the rows this is true of are extra"),
    ],
)
def test_a_cause_of_rows_says_whether_other_rows_share_it(precision, said):
    assert precision_said(row_cause("predicate", "a = 1", 1, 1, precision=precision), "extra") == said


@pytest.mark.parametrize("cause", ["unexplained", "fan_out", "collapsed", "key_differs"])
def test_what_is_no_condition_on_a_row_is_true_of_no_others_nor_said_not_to_be(cause):
    assert precision_said(row_cause(cause, "", 1, 1), "extra") == ""


def test_missing_and_extra_rows_lead_then_each_column_once_by_its_top_cause():
    columns = [
        caused("few", 3, cause("sign", "s", 3, 3)),
        caused("many", 9, cause("sign", "s", 2, 9), cause("factor", "f", 7, 9)),
        column("gone", "missing"),
    ]
    changes = {
        "missing_rows": 1,
        "missing_causes": [row_cause("predicate", "a = 1", 1, 1)],
        "extra_rows": 5,
        "extra_causes": [row_cause("fan_out", "x", 2, 5), row_cause("unexplained", "", 3, 5)],
    }
    assert [(lead.top.subject, lead.top.cause, lead.more) for lead in leads(comparison(columns=columns, **changes))] == [
        ("missing rows", "predicate", 0), ("extra rows", "unexplained", 1),
        ("gone", None, 0), ("many", "factor", 1), ("few", "sign", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("identifier", "label"),
    [
        ("null_constant", "NULL against a constant"),
        ("unexplained", "unexplained"),
        ("brand_new_cause", "brand new cause"),
    ],
)
def test_a_cause_has_a_label_and_a_new_one_is_shown_by_its_own_words(identifier, label):
    assert cause_label(identifier) == label


def test_every_cause_of_values_that_is_claimed_has_a_label():
    assert set(SIMPLICITY) <= set(LABELS)
