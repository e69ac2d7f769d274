"""Which single values are equal, for every pair of types and every rule.

The cases of the exam are columns of one table of one row, so that each takes no session of its own.
"""

from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest

from recon_assets_tests.comparison.exam import instants, numbers, others, text
from recon_assets_tests.comparison.exam.families import FAMILIES
from recon_assets_tests.comparison.exam.types import BIGINT, BINARY, BIT, DATE, FLOAT, TEXT, UUID, dec
from recon_assets_tests.comparison.helpers import array, compared, differences

CASES = [
    (why, equal, case)
    for module in (numbers, text, instants, others)
    for equal, sections in ((True, module.EQUAL), (False, module.DIFFERENT))
    for why, cases in sections.items()
    for case in cases
]
AT_ONCE = 100
TYPES = [(family, *typed) for family, types in FAMILIES.items() for typed in types]


def name_of(number: int) -> str:
    """What a case says."""
    why, equal, (source_type, source, target_type, target, *rule) = CASES[number]
    sign = "=" if equal else "!="
    return f"{why}: {source_type} {source!r:.30} {sign} {target_type} {target!r:.30} {rule[0] if rule else ''}"


@cache
def _differing(engine: str, first: int, mirrored: bool, exact: bool) -> dict[str, int]:
    """A hundred cases at once."""
    cases = {f"c{i}": case for i, (_, _, case) in enumerate(CASES[first : first + AT_ONCE], first)}
    sides = [pa.table({"id": [1], **{c: array([case[i + 1]], case[i]) for c, case in cases.items()}}) for i in (0, 2)]
    rules = {column: case[4] for column, case in cases.items() if len(case) > 4}
    with TemporaryDirectory() as folder:
        tables = reversed(sides) if mirrored else sides
        result = compared(Path(folder), *tables, keys=("id",), columns=rules, exact=exact, engine=engine)
    assert result.paired_rows == 1
    return differences(result)


@pytest.mark.parametrize(
    "mirrored, exact", [(False, False), (True, True)], ids=["fingerprint first", "exact, mirrored"]
)
@pytest.mark.parametrize("number", range(len(CASES)), ids=name_of)
def test_two_values_are_equal_or_different(engine, number, mirrored, exact):
    _, equal, _ = CASES[number]
    assert (f"c{number}" not in _differing(engine, number - number % AT_ONCE, mirrored, exact)) is equal


@pytest.mark.parametrize("number", range(len(TYPES)), ids=[f"{family}: {type_}" for family, type_, *_ in TYPES])
def test_a_type_compares_by_value_with_its_family_and_equals_no_other(tmp_path, engine, number):
    """Against the types that the table names after it. Four rows: equal values, different ones, NULL beside a value,
    NULL beside NULL."""
    family, type_, one, _ = TYPES[number]
    nested = pa.types.is_nested(type_)  # two nested types that differ are refused
    others = [t for t in TYPES[number:] if t[1] == type_ or not (nested and pa.types.is_nested(t[1]))]
    sources = {f"c{i}": array([one, one, None, None], type_) for i in range(len(others))}
    targets = {f"c{i}": array([first, second, first, None], t) for i, (_, t, first, second) in enumerate(others)}
    ids = {"id": [1, 2, 3, 4]}
    result = compared(tmp_path, pa.table(ids | sources), pa.table(ids | targets), keys=("id",), engine=engine)
    found = {f"{others[int(c.name[1:])][1]}": c.differences for c in result.columns if c.name != "id"}
    assert found == {f"{t}": 2 if other == family else 3 for other, t, _, _ in others}


LETTERS = [c for c in map(chr, range(128, 0x1_0000)) if c.isalpha() and c.lower() != c.upper()]


@pytest.mark.parametrize(
    "pairs, same",
    [
        ([(c, other) for c in LETTERS for other in {c.lower(), c.upper()} if len(other) == 1], True),
        ([(c, d) for c, d in pairwise(LETTERS) if c.casefold() != d.casefold() and "İ" not in (c, d)], False),
    ],
    ids=["cases", "neighbours"],
)
def test_all_letters_equal_their_other_case_and_no_other_letter(tmp_path, engine, pairs, same):
    """The pairs are Python's, where a letter's other case is one letter, too."""
    source, target = (pa.table({"id": range(len(pairs)), "v": [pair[i] for pair in pairs]}) for i in (0, 1))
    rule = {"v": {"case": "ignore"}}
    result = compared(tmp_path, source, target, keys=("id",), columns=rule, samples=10_000, engine=engine)
    differing = [(sample.source, sample.target) for sample in result.columns[1].samples]
    assert sorted(differing) == ([] if same else sorted(pairs))


SHOWN = [
    (BIGINT, 2**53, 2**53),
    (BIGINT, 2**53 + 1, "9007199254740993"),
    (dec(18, 2), Decimal("1.10"), "1.10"),
    (dec(38, 0), Decimal(10**37), "1" + "0" * 37),
    (FLOAT, 0.1, 0.1),
    (FLOAT, float("nan"), "NaN"),
    (FLOAT, float("-inf"), "-Infinity"),
    (BIT, True, True),
    (TEXT, "<b>&'\"\n", "<b>&'\"\n"),
    (DATE, date(1, 1, 1), "0001-01-01"),
    (BINARY, b"\x00\xff", "0x00ff"),
    (BINARY, b"", "0x"),
    (UUID, bytes(16), "00000000-0000-0000-0000-000000000000"),
]


@pytest.mark.parametrize("type_, value, shown", SHOWN, ids=[f"{type_} {value!r:.30}" for type_, value, _ in SHOWN])
def test_samples_show_values_as_json_can_hold_them(tmp_path, engine, type_, value, shown):
    """As a value that differs, in a key, and in a row that is missing."""
    source = pa.table({"k": array([value, value], type_), "n": [1, 2], "v": array([value, value], type_)})
    target = pa.table({"k": array([value], type_), "n": [1], "v": array([None], type_)})
    found = compared(tmp_path, source, target, keys=("k", "n"), engine=engine)
    (sample,) = found.columns[2].samples
    assert (sample.key, sample.source, sample.target) == ({"k": shown, "n": 1}, shown, None)
    assert found.missing_samples == [{"k": shown, "n": 2, "v": shown}]
    assert (type(sample.source), type(found.missing_samples[0]["k"])) == (type(shown), type(shown))
