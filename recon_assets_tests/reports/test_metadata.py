"""What the report asset shows in the Dagster UI."""

from pathlib import Path

from dagster import IntMetadataValue, PathMetadataValue, TableMetadataValue, UrlMetadataValue

from recon_assets.comparison.result import Verdict
from recon_assets.reports.metadata import report_metadata
from recon_assets_tests.reports.examples import column, comparison, different, explained, report

DRAFT = report(
    comparison(
        verdict=Verdict.NO_MATCH,
        reason="rows and values disagree",
        source_rows=3,
        target_rows=5,
        missing_rows=1,
        extra_rows=3,
        columns=[
            column("id"),
            different("name", ("a", None), ("x" * 1000, "NULL")),
            column("city", "missing", source_type="varchar(5)"),
        ],
        missing_samples=[{"id": 7, "name": None}],
        extra_samples=[{"id": 8, "name": "b"}],
    )
)


def rows(value: TableMetadataValue) -> list[dict]:
    return [record.data for record in value.records]


def test_the_verdict_its_reason_and_the_counts_are_there():
    metadata = report_metadata(DRAFT)
    assert metadata["verdict"].value == "NO MATCH"
    assert metadata["reason"].value == "rows and values disagree"
    assert metadata["top_reason"].value == "city is not in the target (+3 more)"
    assert metadata["as_expected"].value is False
    counts = {name: value.value for name, value in metadata.items() if isinstance(value, IntMetadataValue)}
    assert counts == {
        "source_rows": 3,
        "target_rows": 5,
        "paired_rows": 3,
        "missing_rows": 1,
        "extra_rows": 3,
        "duplicate_keys_source": 0,
        "duplicate_keys_target": 0,
        "differing_columns_count": 2,
    }


def test_differing_columns_and_samples_are_tables():
    metadata = report_metadata(DRAFT)
    name, city = rows(metadata["differing_columns"])
    assert (name["column"], name["status"], name["differences"]) == ("name", "different", 2)
    assert (city["column"], city["status"], city["source_type"]) == ("city", "missing", "varchar(5)")
    types = {column.name: column.type for column in metadata["differing_columns"].schema.columns}
    assert types["differences"] == "int"
    assert rows(metadata["missing_samples"]) == [{"id": "7", "name": "null"}]
    assert rows(metadata["extra_samples"]) == [{"id": "8", "name": '"b"'}]


def test_causes_come_before_everything_else():
    metadata = report_metadata(report(explained()))
    assert list(metadata)[:4] == ["causes", "missing_causes", "extra_causes", "top_cause"]
    assert metadata["top_cause"].value == "rounded"
    assert rows(metadata["causes"]) == [
        {
            "column": "purchases_amount",
            "cause": "rounded",
            "rows": 12_000,
            "share": "96.00 %",
            "detail": "rounded half up to 1 digit in the target",
        },
        {"column": "purchases_amount", "cause": "unexplained", "rows": 450, "share": "3.60 %", "detail": ""},
        {
            "column": "purchases_amount",
            "cause": "sign flipped",
            "rows": 50,
            "share": "0.40 %",
            "detail": "the sign is flipped in the target",
        },
        {
            "column": "income_amount",
            "cause": "NULL against a constant",
            "rows": 3_741,
            "share": "100 %",
            "detail": "0.00 in the target where the source is NULL",
        },
    ]
    assert rows(metadata["extra_causes"])[0] == {
        "cause": "NULL in the key",
        "rows": 30,
        "share": "75.00 %",
        "precision": "97.50 %",
        "detail": "corporation_id is NULL in all of them",
    }


def test_null_is_told_from_its_text_and_long_values_are_cut_with_their_length():
    first, second = rows(report_metadata(DRAFT)["samples"])
    assert first == {"column": "name", "key": '{"id": 1}', "source": '"a"', "target": "null"}
    assert second["target"] == '"NULL"'
    assert second["source"] == '"' + "x" * 199 + "… (1,002 characters)"


def test_a_match_has_no_tables_and_no_top_reason():
    metadata = report_metadata(report())
    assert not {"causes", "missing_causes", "extra_causes", "top_cause"} & set(metadata)
    assert not {"top_reason", "differing_columns", "samples", "missing_samples", "extra_samples"} & set(metadata)


def test_the_page_is_linked_as_a_path_or_a_url():
    assert report_metadata(DRAFT, Path("/r/page.html"))["page"] == PathMetadataValue("/r/page.html")
    assert report_metadata(DRAFT, "https://host/page.html")["page"] == UrlMetadataValue("https://host/page.html")
    assert "page" not in report_metadata(DRAFT)
