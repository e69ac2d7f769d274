"""The page of a run: what it says, and that nothing in the data can become a part of it."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from recon_assets.comparison.result import Cause, DuplicateKeys, RowCause, ValueSample, Verdict
from recon_assets.reports.files import ReportError
from recon_assets.reports.html import render_html, write_html
from recon_assets.reports.record import InputProof, ParameterText, read_json, write_json
from recon_assets_tests.reports.examples import column, comparison, different, explained, report
from recon_assets_tests.reports.page import Page

DRAFT = report(
    comparison(
        verdict=Verdict.NO_MATCH,
        reason="rows and values disagree",
        source_rows=200_000,
        target_rows=204_019,
        paired_rows=200_000,
        extra_rows=4_019,
        duplicate_keys=DuplicateKeys(0, 17),
        columns=[
            column("id", source_type="int", target_type="bigint", note="int and bigint compare by value"),
            different("income_amount", ("0.00", None), differences=41_230),
            column("city", "missing", source_type="varchar(5)"),
            different("segment", ("Prime", "Prime "), ("x" * 100_000, "y"), differences=1),
        ],
        extra_samples=[{"id": 8, "segment": "Near prime"}],
        rules={"keys": ["ID"], "ignore": [], "columns": {"income_amount": {"tolerance": "0.005"}}},
        evidence={
            "engine": "DuckDB 2.0.0",
            "path": "join",
            "canonical": {"id": "BIGINT", "income_amount": "DECIMAL(12,2)"},
            "fingerprints": {
                "scheme": "a/1",
                "source": {"rows": 200_000, "row_digest": "8c1f", "columns": {"income_amount": "77"}},
                "target": {"rows": 204_019, "row_digest": "1f90", "columns": {"income_amount": "77"}},
            },
        },
    ),
    reconciliation="load_draft",
    expected=Verdict.NO_MATCH,
)


def page(*reports) -> Page:
    return Page(render_html(reports))


@pytest.mark.parametrize(
    "said",
    [
        "load_draft › dbo.LOAD_FACT_EXECUTIVE_SUMMARY dbo.FACT_EXECUTIVE_SUMMARY ✕ NO MATCH as expected",
        "rows and values disagree",
        "source rows 200,000 target rows 204,019 paired rows 200,000",
        "missing in target 0 extra in target 4,019",
        "duplicate keys 0 / 17 differing columns 3 of 4",
        "income_amount 41,230 rows 20.61 %",
        "segment 1 row < 0.01 %",
        "city not in the target",
        "1 sample of 41,230 differing rows id source target 1 0.00 NULL",
        "1 Prime Prime·",
        "100,000 characters",
        "1 sample of 4,019 extra rows id segment 8 Near prime",
        "id key equal 0 int bigint int and bigint compare by value",
        "key: ID",
        "income_amount tolerance 0.005",
        "both sides read the same rows of 1 table, as their fingerprints show",
        "dbo.DIM_DATE same 731 731 ab12 ab12",
        "@Date date 2026-03-03",
        "source embedded (DuckDB 2.0.0) target Spark 4.2.0 local[*], ANSI on",
        "source.sql 5e1f target.sql 77aa",
        "Evidence Fingerprints differ: rows were joined and compared value by value.",
        "rows – differs 200,000 204,019 row digest – differs 8c1f 1f90",
        "id BIGINT – – – income_amount DECIMAL(12,2) same 77 77",
        "engine DuckDB 2.0.0 fingerprint scheme a/1",
    ],
)
def test_a_section_tells_what_was_found_and_what_it_rests_on(said):
    assert said in page(DRAFT).text


def test_the_summary_has_a_row_for_each_output_with_a_link_to_its_section():
    found = page(report(), DRAFT)
    rows = [attributes for attributes in found.all("tr") if "data-output" in attributes]
    sections = [attributes["id"] for attributes in found.all("article")]
    assert [row["data-output"] for row in rows] == sections
    assert [row["data-verdict"] for row in rows] == ["MATCH", "NO MATCH"]
    assert {attributes["href"] for attributes in found.all("a")} >= {f"#{section}" for section in sections}
    assert len(set(sections)) == 2
    why = "city is not in the target income_amount differs in 41,230 rows and 2 more"
    assert f"NO MATCH as expected {why} 200,000 204,019 3 12.5" in found.text


EXPLAINED = report(explained())


@pytest.mark.parametrize(
    "said",
    [
        # the summary
        "purchases_amount: rounded half up to 1 digit in the target (12,000 of 12,500 rows)"
        " income_amount: 0.00 in the target where the source is NULL (3,741 rows) and 5 more 200,000",
        # the head of the output
        "purchases_amount rounded half up to 1 digit in the target 12,000 of 12,500 rows"
        " income_amount 0.00 in the target where the source is NULL 3,741 rows"
        " purchases_amount unexplained needs a look 450 of 12,500 rows",
        "extra rows corporation_id is NULL in all of them 30 of 40 rows"
        " missing rows product_id differs by a trailing space 10 rows and 1 more below",
        # the causes of values
        "rounded rounded half up to 1 digit in the target 12,000 rows 96.00 % 2 samples of 12,000 rows id source target"
        " 101 10.04 10.0 102 0.25 0.3 unexplained 450 rows 3.60 %",
        "3 samples of 12,500 differing rows",
        # the causes of rows
        "10 missing rows in the source only key written differently product_id differs by a trailing space"
        " 10 rows 100 % 1 sample of 10 rows id product_id 7 P7·",
        "97.50 % of the rows this is true of are extra 30 rows 75.00 %",
    ],
)
def test_a_section_says_why_with_samples_before_it_shows_the_rest(said):
    assert said in page(EXPLAINED).text


def test_without_causes_nothing_is_said_of_them():
    found = page(DRAFT)
    assert not [a for a in found.all("ol") if a.get("class") in ("leads", "causes")]


def test_what_to_know_of_the_source_s_rows_stands_beside_the_verdict():
    note = "dbo.T.at: the seventh decimal of the second is cut in 3 rows"
    assert note in Page(render_html([report(notes=[note])])).text
    assert "seventh" not in Page(render_html([report()])).text


def test_what_is_unexplained_is_marked_wherever_it_stands():
    marked = [attributes["class"] for attributes in page(EXPLAINED).all("li") if "class" in attributes]
    assert marked.count("unexplained") == 1
    assert marked.count("cause unexplained") == 2


def test_every_link_leads_to_a_place_on_the_page():
    found = page(report(), DRAFT, DRAFT, EXPLAINED)
    places = [attributes["id"] for _, attributes in found.elements if attributes.get("id")]
    assert len(places) == len(set(places))
    assert {attributes["href"][1:] for attributes in found.all("a")} <= set(places)


@pytest.mark.parametrize(
    ("reports", "said"),
    [
        ([report()], "The output gave its expected verdict."),
        ([report(), DRAFT], "All 2 outputs gave their expected verdict."),
        ([report(), report(expected=Verdict.NO_MATCH)], "1 of 2 outputs did not give the expected verdict."),
        ([report(expected=Verdict.NO_MATCH)], "1 of 1 output did not give the expected verdict."),
        ([], "This run compared no outputs."),
    ],
)
def test_the_first_sentence_says_whether_all_went_as_expected(reports, said):
    assert said in page(*reports).text


@pytest.mark.parametrize(
    ("differences", "paired_rows", "share"),
    [
        (1, 10, "10.00 %"),
        (10, 10, "100 %"),
        (1, 10_000_000, "< 0.01 %"),
        (9_999_999, 10_000_000, "> 99.99 %"),
        (5, 0, "–"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_all(differences, paired_rows, share):
    compared = comparison(
        verdict=Verdict.NO_MATCH, paired_rows=paired_rows, columns=[column("n", "different", differences)]
    )
    rows = "row" if differences == 1 else "rows"
    assert f"n {differences:,} {rows} {share}" in page(report(compared)).text


def test_an_input_that_is_not_shown_to_be_the_same_is_named():
    proof = InputProof(table="dbo.STG", source_rows=5, source_fingerprint="ab")
    text = page(report(inputs=[proof])).text
    assert "not shown to be the same on both sides: dbo.STG" in text
    assert "dbo.STG not shown 5 – ab not read by the target" in text


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.04, "0.0 s"), (59.4, "59.4 s"), (59.96, "1 min 00 s"), (3725, "62 min 05 s")]
)
def test_a_duration_reads_naturally(seconds, shown):
    assert f"compared in {shown}" in page(report(comparison(seconds=seconds))).text


def test_the_same_records_give_the_same_page_also_when_read_back(tmp_path):
    write_json(DRAFT, tmp_path / "draft.json")
    assert render_html([DRAFT]) == render_html([DRAFT])
    assert render_html([read_json(tmp_path / "draft.json")]) == render_html([DRAFT])


def test_the_page_allows_its_own_style_and_script_and_nothing_else():
    found = page(DRAFT)
    [policy] = [m["content"] for m in found.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(found.inline[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


ATTACKS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "<!-- ",
    "&lt;b&gt;",
]  # fmt: skip


def attacked(text: str):
    """A report with `text` in every field that can hold one."""
    broken = column(
        text,
        "different",
        1,
        samples=[ValueSample({text: text}, text, None)],
        note=text,
        source_type=text,
        target_type=text,
        causes=[Cause(text, text, 1, 1.0, [ValueSample({text: text}, text, None)])],
    )
    causes = [RowCause(text, text, 1, 1.0, 0.5, [{text: text}])]
    return report(
        comparison(
            verdict=Verdict.NO_MATCH,
            reason=text,
            missing_rows=1,
            extra_rows=1,
            columns=[broken, column(text + "2", "missing")],
            missing_samples=[{text: text}],
            extra_samples=[{text: [text]}],
            rules={"keys": [text], text: {text: text}},
            evidence={
                text: {text: [text, 1]},
                "path": text,
                "canonical": {text: text},
                "fingerprints": {text: text, "source": {text: text, "columns": {text: text}}, "target": {text: text}},
            },
            missing_causes=causes,
            extra_causes=causes,
        ),
        reconciliation=text,
        procedure=text,
        output=text,
        run_id=text,
        parameters={text: ParameterText(type=text, value=text)},
        source_system=text,
        target_system=text,
        inputs=[InputProof(table=text, source_rows=1, source_fingerprint=text, target_fingerprint=text)],
        code_hashes={text: text},
        versions={text: text},
    )


@pytest.mark.parametrize("text", ATTACKS)
def test_no_text_becomes_markup_in_any_field(text):
    harmless, found = (Page(render_html([attacked(t)], title=t)) for t in ("harmless", text))
    # Marks, symbols and line breaks are ours, and depend on the text.
    ours = ("wbr", "mark", "i")
    tags, harmless_tags = ([tag for tag, _ in p.elements if tag not in ours] for p in (found, harmless))
    assert tags == harmless_tags
    assert not [a for _, attributes in found.elements for a in attributes if a.startswith("on")]
    assert not [a for _, attributes in found.elements for a in ("src", "style") if a in attributes]
    assert " ".join(text.split()) in found.text


def test_characters_that_reorder_text_are_spelled_out_in_every_field():
    assert "\u202e" not in render_html([attacked("a\u202eb")], title="a\u202eb")


def test_the_page_is_written_whole_into_a_new_folder(tmp_path: Path):
    path = tmp_path / "new" / "page.html"
    write_html([DRAFT], path, title="Nightly")
    assert path.read_text("utf-8") == render_html([DRAFT], title="Nightly")
    assert [file.name for file in path.parent.iterdir()] == ["page.html"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "reports").write_text("a file is in the way")
    with pytest.raises(ReportError, match=r"cannot write the report page\.html in .*reports"):
        write_html([DRAFT], tmp_path / "reports" / "page.html")


def test_the_page_says_when_the_last_output_was_finished():
    later = report(finished_at=report().finished_at + timedelta(hours=1), run_id="b")
    assert "Finished 2026-03-04 06:06:19 UTC · run 0f6c1a2e · run b" in page(report(), later).text
