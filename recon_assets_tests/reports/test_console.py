"""The verdict table of a run."""

import re

import pytest
from rich.console import Console

from recon_assets.comparison.result import Verdict
from recon_assets.reports.console import summary_table
from recon_assets_tests.reports.examples import column, comparison, explained, report

HEADINGS = (
    "reconciliation", "output", "verdict", "source rows", "target rows", "differing columns", "top reason",
    "seconds",
)  # fmt: skip


def printed(*reports) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(summary_table(reports))
    return capture.get()


def test_the_columns_are_those_of_the_verdict_table():
    assert tuple(str(heading.header).replace("\n", " ") for heading in summary_table([]).columns) == HEADINGS


def test_a_row_tells_the_output_and_what_was_found():
    draft = comparison(
        verdict=Verdict.NO_MATCH,
        source_rows=200_000,
        target_rows=200_040,
        extra_rows=40,
        columns=[column("income_amount", "different", 41)],
    )
    text = printed(report(draft, expected=Verdict.NO_MATCH))
    for shown in ("NO MATCH", "as expected", "200,000", "200,040", "income_amount", "12.5"):
        assert shown in text


def test_the_top_reason_names_the_cause():
    words = " ".join(re.findall(r"[^\s]+", printed(report(explained()))))
    for part in ("purchases_amount", "rounded", "12,000", "(+6 more)"):
        assert part in words


@pytest.mark.parametrize("verdict", Verdict)
def test_it_fits_120_columns_even_with_long_names_and_ten_digits(verdict):
    long = report(
        comparison(
            verdict=verdict,
            source_rows=1_234_567_890,
            target_rows=1_234_567_890,
            columns=[column("a_rather_long_column_name_of_a_fact_table", "different", 1_234_567_890)],
        ),
        reconciliation="load_fact_executive_summary_of_all_regions_draft",
        output="dbo.FACT_EXECUTIVE_SUMMARY_OF_ALL_REGIONS",
        expected=Verdict.PARTIAL_MATCH,
    )
    text = printed(long)
    assert max(len(line) for line in text.splitlines()) <= 120
    assert text.count("1,234,567,890") >= 2
    assert "12.5" in text
    assert verdict.value in text


def test_an_unexpected_verdict_is_flagged_with_the_declared_one():
    assert re.search(r"expected:[^:]*\n[^\n]* MATCH ", printed(report(comparison(verdict=Verdict.PARTIAL_MATCH))))
    assert re.search(r"expected:[^:]*\n[^\n]* NO MATCH ", printed(report(expected=Verdict.NO_MATCH)))
    assert "expected" not in printed(report())


def test_names_are_not_read_as_markup():
    assert "[bold]x[/]" in printed(report(output="[bold]x[/]"))
