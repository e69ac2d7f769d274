"""The comparison against the slow and obvious way, on random small tables with random rules."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, note
from hypothesis import strategies as st

from recon_assets_tests.comparison.helpers import WAYS, compared
from recon_assets_tests.comparison.oracle import judge
from recon_assets_tests.comparison.strategies import Row, Shape, many, rows, shapes


@st.composite
def relatives(draw: st.DrawFn, shape: Shape) -> tuple[list[Row], list[Row]]:
    """Two small tables of which the second has some rows and many cells of the first."""
    source = draw(rows(shape, least=0, most=5))
    kept = draw(st.lists(st.sampled_from(source), max_size=3)) if source else []
    fresh = draw(rows(shape, least=len(kept), most=len(kept) + 1))
    mixed = [
        tuple(draw(st.sampled_from(cells)) for cells in zip(*pair, strict=True))
        for pair in zip(kept, fresh[: len(kept)], strict=True)
    ]
    return source, draw(st.permutations(kept[:1] + mixed + fresh[len(kept) :]))


@many
@given(st.data(), st.booleans(), st.sampled_from([*WAYS]))
def test_counts_are_those_of_the_best_of_all_pairings(engine, data: st.DataObject, keyed: bool, way: str):
    shape = data.draw(shapes(keyed=keyed, ruled=True))
    source, target = data.draw(relatives(shape))
    with TemporaryDirectory() as folder:
        tables = shape.table(source, "source"), shape.table(target, "target")
        found = compared(Path(folder), *tables, engine=engine, **WAYS[way], **shape.all_rules)
    expected = judge(shape, source, target)
    note(f"expected {expected}")
    assert found.paired_rows == expected.paired
    assert (found.duplicate_keys.source, found.duplicate_keys.target) == expected.duplicates
    assert tuple(c.differences for c in found.columns) in expected.differences
