"""Which rows pair, what is counted, and the verdict that follows."""

from datetime import date, timedelta
from itertools import product

import pyarrow as pa
import pytest

from recon_assets_tests.comparison.exam.tables import CASES, Case
from recon_assets_tests.comparison.helpers import WAYS, compared, differences


def _table(columns: str, rows: list[tuple]) -> pa.Table:
    names = columns.split()
    arrays = {}
    for i, name in enumerate(names):
        values = [row[i] for row in rows]
        text = any(isinstance(v, str) for v in values)
        arrays[name] = pa.array(values, pa.string() if text else pa.int64())
    return pa.table(arrays)


def tables_of(case: Case) -> tuple[pa.Table, pa.Table]:
    """Both sides' tables; a column that holds no text on one side only because it is NULL or empty there,
    is text."""
    source, target = _table(case.columns, case.source), _table(case.target_columns or case.columns, case.target)
    for name in set(source.column_names) & set(target.column_names):
        for side, other in ((source, target), (target, source)):
            if pa.types.is_string(other.column(name).type) and side.column(name).null_count == side.num_rows:
                i = side.column_names.index(name)
                cast = side.column(name).cast(pa.string())
                if side is source:
                    source = source.set_column(i, name, cast)
                else:
                    target = target.set_column(i, name, cast)
    return source, target


def test_the_samples_of_a_repeated_key_are_those_of_the_swapped_sides_in_the_same_order(tmp_path, engine):
    values = [(9, 1), (2, 30), (None, 5), (40, 3), (6, None)]
    one, other = (pa.table({"id": [7] * 5, "v": [pair[i] for pair in values]}) for i in (0, 1))
    there, back = (
        compared(tmp_path, *sides, keys=("id",), samples=3, engine=engine).columns[1].samples
        for sides in ((one, other), (other, one))
    )
    assert [(s.source, s.target) for s in there] == [(s.target, s.source) for s in back]


TIMES = [pa.date32(), *(pa.timestamp(*unit) for unit in (["s"], ["ms"], ["us"], ["ns"], ["us", "UTC"], ["ns", "UTC"]))]


@pytest.mark.parametrize("one, other", product(TIMES[::6], TIMES), ids=str)
def test_keys_that_are_times_of_any_type_are_missing_and_extra_where_they_differ(tmp_path, engine, one, other):
    """The source has days 1 to 60, the target 31 to 90."""
    source, target = (
        pa.table({"day": pa.array([date(2024, 1, 1) + timedelta(n) for n in days]).cast(type_)})
        for days, type_ in ((range(60), one), (range(30, 90), other))
    )
    result = compared(tmp_path, source, target, keys=("day",), engine=engine)
    assert (result.paired_rows, result.missing_rows, result.extra_rows) == (30, 30, 30)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tables_compare_as_the_case_says(tmp_path, engine, case: Case, way: str):
    source, target = tables_of(case)
    result = compared(tmp_path, source, target, keys=tuple(case.keys.split()), engine=engine, **WAYS[way], **case.rules)
    assert result.verdict == case.verdict, result.reason
    assert (result.source_rows, result.target_rows) == (len(case.source), len(case.target))
    assert result.paired_rows == case.paired
    assert differences(result) == case.differences
    assert (result.duplicate_keys.source, result.duplicate_keys.target) == case.duplicates
    one_sided = {c.name: c.status for c in result.columns if c.status in ("missing", "extra", "ignored")}
    assert one_sided == case.one_sided
