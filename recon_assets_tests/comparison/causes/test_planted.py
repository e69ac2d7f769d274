"""Faults planted in three tables of different shape are found where they are, and nowhere else."""

import pytest

from recon_assets_tests.comparison.causes.planted import TABLES, measure


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_planted_faults_are_found_where_they_are_and_nowhere_else(table):
    measures = measure(table)
    assert {f.cause for c in table.columns for f in c.faults} == set(measures)
    assert {c: (m.precision, m.recall) for c, m in measures.items() if m.precision < 0.99 or m.recall < 0.99} == {}
