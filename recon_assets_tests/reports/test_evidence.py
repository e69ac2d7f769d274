"""The readable form of what a verdict rests on."""

import pytest

from recon_assets.reports.evidence import Line, read


@pytest.mark.parametrize(
    ("evidence", "settled"),
    [
        ({"path": "fingerprint"}, "All fingerprints are equal on both sides, which leaves no row to join."),
        ({"path": "exact"}, "Every row was joined and compared value by value; no fingerprint was relied on."),
        ({"path": "join", "buckets": {"all": 4096, "differing": 12}},
         "Fingerprints differ: rows were joined and compared value by value."
         " Differences were sought in 12 of 4,096 key buckets."),
        ({"path": "none: the sides cannot be compared"}, "none: the sides cannot be compared"),
        ({}, ""),
    ],
)  # fmt: skip
def test_it_says_in_a_sentence_how_the_verdict_was_settled(evidence, settled):
    assert read(evidence).settled == settled


def test_forms_and_fingerprints_stand_side_by_side():
    found = read(
        {
            "canonical": {"id": "BIGINT", "n": "DOUBLE", "m": "VARCHAR"},
            "fingerprints": {
                "source": {"rows": 3, "columns": {"n": "a1", "m": "b1"}},
                "target": {"rows": 3, "columns": {"n": "a2", "m": "b1"}},
            },
        }
    )
    assert found.whole == [Line("rows", None, 3, 3)]
    assert found.columns == [
        Line("id", "BIGINT"),
        Line("n", "DOUBLE", "a1", "a2"),
        Line("m", "VARCHAR", "b1", "b1"),
    ]
    assert [line.equal for line in found.columns] == [None, False, True]


@pytest.mark.parametrize(
    ("evidence", "rest"),
    [
        ({"engine": "duckdb", "path": "join", "bound": "2^-64"}, {"engine": "duckdb", "bound": "2^-64"}),
        ({"fingerprints": {"scheme": "s/1", "source": {}, "target": {}}}, {"fingerprint scheme": "s/1"}),
        ({"fingerprints": "none taken"}, {"fingerprints": "none taken"}),
        ({"buckets": 4096}, {"buckets": 4096}),
    ],
)
def test_an_entry_it_does_not_know_is_kept(evidence, rest):
    assert read(evidence).rest == rest


def test_what_was_found_is_left_as_it_was():
    evidence = {"path": "join", "fingerprints": {"source": {"columns": {"a": "1"}}, "target": {"columns": {}}}}
    read(evidence)
    assert evidence == {"path": "join", "fingerprints": {"source": {"columns": {"a": "1"}}, "target": {"columns": {}}}}
