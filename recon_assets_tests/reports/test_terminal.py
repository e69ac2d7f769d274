"""What `recon compare` prints of a comparison."""

import pytest
from rich.console import Console

from recon_assets.comparison.result import Verdict
from recon_assets.reports.terminal import print_comparison
from recon_assets_tests.reports.examples import cause, column, comparison, different, explained, row_cause


def printed(compared) -> str:
    console = Console(width=120, highlight=False)
    with console.capture() as capture:
        print_comparison(compared, console)
    return capture.get()


def lines(compared) -> list[str]:
    """Without the blanks that align columns."""
    return [" ".join(line.split()) for line in printed(compared).splitlines()]


def test_the_first_lines_say_why():
    assert lines(explained())[:6] == [
        "NO MATCH rows and values disagree",
        "missing rows product_id differs by a trailing space 10 rows",
        "extra rows corporation_id is NULL in all of them 30 of 40 rows +1 more cause",
        "purchases_amount rounded half up to 1 digit in the target 12,000 of 12,500 rows +2 more causes",
        "income_amount 0.00 in the target where the source is NULL 3,741 rows",
        "source rows 200,000, target rows 200,030, paired 199,990, missing 10, extra 40, duplicate keys 0 / 0, 0.2 s",
    ]


def test_of_many_columns_the_five_first_lines_keep_room_for_the_rows_that_are_missing():
    columns = [
        column(f"c{n}", "different", n, causes=[cause("sign", "s", n - 1, n), cause("offset", "o", 1, n)])
        for n in range(10, 30)
    ]
    losing = comparison(columns=columns, missing_rows=4, missing_causes=[row_cause("predicate", "a = 1", 4, 4)])
    assert lines(losing)[1:7] == [
        "missing rows a = 1 4 rows",
        "c29 s 28 of 29 rows +1 more cause",
        "c28 s 27 of 28 rows +1 more cause",
        "c27 s 26 of 27 rows +1 more cause",
        "c26 s 25 of 26 rows +1 more cause",
        "and 16 more differing columns below",
    ]


@pytest.mark.parametrize(
    "block",
    [
        [
            "purchases_amount differs in 12,500 rows",
            "rows share cause detail",
            "12,000 96.00 % rounded rounded half up to 1 digit in the target",
            "such as id=101: 10.04 → 10.0",
            "450 3.60 % unexplained such as id=101: 3.10 → 9.99",
            "50 0.40 % sign flipped the sign is flipped in the target",
            "such as id=101: 7.25 → -7.25",
            "key source target",
            "id=1 10.04 10.0",
        ],
        [
            "missing rows 10 in the source only",
            "rows share cause detail",
            "10 100 % key written differently product_id differs by a trailing space",
            "id product_id",
            "7 P7·",
        ],
        [
            "30 75.00 % NULL in the key corporation_id is NULL in all of them",
            "97.50 % of the rows this is true of are extra",
            "10 25.00 % unexplained",
        ],
    ],
)
def test_causes_stand_above_the_samples_of_what_they_explain(block):
    found = [line for line in lines(explained()) if line.strip("─")]
    start = found.index(block[0])
    assert found[start : start + len(block)] == block


def test_the_column_that_differs_most_comes_first():
    columns = [different("few", ("1", "2")), different("many", ("1", "2"), differences=9), column("gone", "missing")]
    text = printed(comparison(verdict=Verdict.PARTIAL_MATCH, columns=columns))
    assert text.index("gone") < text.index("many") < text.index("few")


def test_a_match_is_two_lines():
    assert lines(comparison()) == [
        "MATCH rows and values agree",
        "source rows 3, target rows 3, paired 3, missing 0, extra 0, duplicate keys 0 / 0, 0.2 s",
    ]


@pytest.mark.parametrize(
    ("source", "target", "shown"),
    [
        (None, "0.00", "NULL 0.00"),
        ("NULL", None, "'NULL' NULL"),
        ("", None, "empty text NULL"),
        ("Prime", "Prime ", "Prime Prime·"),
        ("1", 1, "'1' 1"),
        ("a\x1b[31mb", "ab", "a⟨U+001B⟩[31mb ab"),
        ("[red]x", "x", "[red]x x"),
    ],
)
def test_values_that_look_alike_are_told_apart_and_none_reaches_the_terminal_as_an_order(source, target, shown):
    text = lines(comparison(columns=[different("a", (source, target))]))
    assert f"id=1 {shown}" in text


def test_names_and_sentences_are_shown_as_they_are_and_harmless():
    evil = "[bold]x[/]\x1b]0;title\x07"
    causes = [cause(evil, evil, 1, 1)]
    text = printed(
        comparison(verdict=Verdict.NO_MATCH, reason=evil, columns=[column(evil, "different", 1, causes=causes)])
    )
    assert "[bold]x[/]⟨U+001B⟩" in text
    assert "\x1b" not in text.replace("\x1b[", "")


@pytest.mark.parametrize("columns", [1, 40, 2000])
def test_tables_fit_120_columns_however_wide_the_rows_and_long_the_values(columns):
    row = {f"a_rather_long_column_name_{i}": "x" * 1_000_000 if i == 1 else "y" * 50 for i in range(columns)}
    long = different("a_rather_long_column_name_of_a_fact_table", ("x" * 1_000_000, "y" * 10))
    text = printed(comparison(verdict=Verdict.NO_MATCH, missing_rows=1, missing_samples=[row], columns=[long]))
    assert max(len(line) for line in text.splitlines()) <= 120
    assert len(text.splitlines()) < 300
    assert ("--json has all" in text) is (columns > 8)


def test_of_very_many_differing_columns_those_that_differ_most_are_shown_and_the_others_counted():
    columns = [different(f"c{i}", ("1", "2"), differences=i) for i in range(1, 2001)]
    text = lines(comparison(verdict=Verdict.PARTIAL_MATCH, columns=columns))
    assert "c2000 differs in 2,000 rows" in text
    assert "c1981 differs in 1,981 rows" in text
    assert "c1980 differs in 1,980 rows" not in text
    assert "and 1,980 more differing columns --json has all" in text


def test_the_key_of_a_wide_row_is_always_shown():
    row = {f"column_{i}": i for i in range(30)} | {"ID": 4711}
    assert "4711" in printed(comparison(verdict=Verdict.PARTIAL_MATCH, extra_rows=1, extra_samples=[row]))
