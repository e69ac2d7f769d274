"""Small tables against each other: rows, copies, keys, columns. Add a `Case` to add a case.

A table is written as its column names and a list of rows; every value column is text or BIGINT by what it
holds.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """What is compared, and what must come out; `differences` names the columns that differ."""

    name: str
    columns: str
    source: list[tuple]
    target: list[tuple]
    verdict: str
    paired: int
    differences: dict[str, int] = field(default_factory=dict)
    duplicates: tuple[int, int] = (0, 0)
    keys: str = "id"
    target_columns: str | None = None
    rules: dict[str, Any] = field(default_factory=dict)
    one_sided: dict[str, str] = field(default_factory=dict)  # column → missing, extra or ignored


MATCH, PARTIAL, NO = "MATCH", "PARTIAL MATCH", "NO MATCH"
AB = [(1, "a"), (2, "b")]

CASES = [
    # rows
    Case("the same rows", "id v", AB, AB, MATCH, 2),
    Case("the same rows in another order", "id v", AB, AB[::-1], MATCH, 2),
    Case("both sides empty", "id v", [], [], MATCH, 0),
    Case("the source empty", "id v", [], AB, NO, 0),
    Case("the target empty", "id v", AB, [], NO, 0),
    Case("a row missing", "id v", AB, AB[:1], PARTIAL, 1),
    Case("a row extra", "id v", AB[:1], AB, PARTIAL, 1),
    Case("no key in common", "id v", AB, [(3, "a"), (4, "b")], NO, 0),
    Case("a value differs", "id v", AB, [(1, "a"), (2, "x")], PARTIAL, 2, {"v": 1}),
    Case("a value differs and a row is missing", "id v", AB, [(1, "x")], NO, 1, {"v": 1}),
    Case("every value differs", "id v", AB, [(1, "x"), (2, "y")], PARTIAL, 2, {"v": 2}),
    Case("values swapped between rows", "id v", AB, [(1, "b"), (2, "a")], PARTIAL, 2, {"v": 2}),
    Case("values that are keys, as a sum of xors would miss", "id v", [(1, 1), (2, 1)], [(1, 2), (2, 2)], PARTIAL, 2, {"v": 2}),
    Case("NULL to a value", "id v", [(1, None), (2, "b")], AB, PARTIAL, 2, {"v": 1}),
    Case("text divided otherwise", "id v w", [(1, "ab", "c")], [(1, "a", "bc")], PARTIAL, 1, {"v": 1, "w": 1}),
    Case("keys divided otherwise", "a b v", [("ab", "c", 1)], [("a", "bc", 1)], NO, 0, keys="a b"),
    Case("NULL and text change places", "id v w", [(1, None, "x")], [(1, "x", None)], PARTIAL, 1, {"v": 1, "w": 1}),
    Case("only keys", "id", [(1,), (2,)], [(2,), (1,)], MATCH, 2),
    Case("every row differs in another column", "id v w u", [(1, 1, 1, 1), (2, 1, 1, 1), (3, 1, 1, 1)], [(1, 2, 1, 1), (2, 1, 2, 1), (3, 1, 1, 2)], PARTIAL, 3, {"v": 1, "w": 1, "u": 1}),
    Case("values swapped between columns", "id v w", [(1, "a", "b"), (2, "a", "b")], [(1, "b", "a"), (2, "a", "b")], PARTIAL, 2, {"v": 1, "w": 1}),
    Case("values rotated among rows keep every sum", "id v", [(1, 1), (2, 2), (3, 3)], [(1, 2), (2, 3), (3, 1)], PARTIAL, 3, {"v": 3}),
    Case("a NULL moved from one row to another", "id v", [(1, None), (2, "b")], [(1, "b"), (2, None)], PARTIAL, 2, {"v": 2}),
    Case("a value to NULL in all rows", "id v", AB, [(1, None), (2, None)], PARTIAL, 2, {"v": 2}),
    Case("all values NULL on both sides", "id v", [(1, None), (2, None)], [(2, None), (1, None)], MATCH, 2),
    Case("one missing and one extra", "id v", AB, [(1, "a"), (3, "b")], PARTIAL, 1),
    Case("an equal number of rows and sum of keys", "id v", [(1, "a"), (4, "a")], [(2, "a"), (3, "a")], NO, 0),
    Case("one row each, the same", "id v", [(1, "a")], [(1, "a")], MATCH, 1),
    Case("one row each, another key", "id v", [(1, "a")], [(2, "a")], NO, 0),
    # what other tools get wrong
    Case("a separator within the values", "id v w", [(1, "a|b", "c")], [(1, "a", "b|c")], PARTIAL, 1, {"v": 1, "w": 1}),
    Case("a unit separator within the values", "id v w", [(1, "a\x1fb", "c")], [(1, "a", "b\x1fc")], PARTIAL, 1, {"v": 1, "w": 1}),
    Case("a separator in place of an empty text", "id v w", [(1, "a|", "")], [(1, "a", "|")], PARTIAL, 1, {"v": 1, "w": 1}),
    Case("digits divided otherwise", "id v w", [(1, 11, 1)], [(1, 1, 11)], PARTIAL, 1, {"v": 1, "w": 1}),
    Case("digits of keys divided otherwise", "a b v", [(11, 1, 5)], [(1, 11, 5)], NO, 0, keys="a b"),
    Case("NULL and its usual sentinels", "id v", [(i, None) for i in range(6)], [(0, ""), (1, "NULL"), (2, "nan"), (3, "<NA>"), (4, "\x00"), (5, "-1")], PARTIAL, 6, {"v": 6}),
    Case("NULL keys and their usual sentinels", "id v", [(None, 1)], [("", 1), ("NULL", 1), ("nan", 1), ("-1", 1), ("\x00", 1)], NO, 0),
    Case("pairs of equal rows that a XOR cancels", "id v", [(1, "a"), (1, "a")], [(2, "b"), (2, "b")], NO, 0, duplicates=(1, 1)),
    Case("four copies against two, which a XOR calls equal", "id v", [(1, "a")] * 4, [(1, "a")] * 2, PARTIAL, 2, duplicates=(1, 1)),
    Case("2^53 and its neighbour as keys", "id v", [(2**53, 1)], [(2**53 + 1, 1)], NO, 0),
    Case("the ends of bigint as keys", "id v", [(2**63 - 1, 1), (-(2**63), 2)], [(-(2**63), 2), (2**63 - 1, 1)], MATCH, 2),
    # keys
    Case("NULL keys pair", "id v", [(None, "a"), (1, "b")], [(1, "b"), (None, "a")], MATCH, 2),
    Case("a NULL key is not 0", "id v", [(None, "a")], [(0, "a")], NO, 0),
    Case("half NULL keys", "a b v", [(None, 1, 5), (1, None, 6)], [(1, None, 6), (None, 1, 7)], PARTIAL, 2, {"v": 1}, keys="a b"),
    Case("key columns swapped", "a b v", [(1, 2, 5)], [(2, 1, 5)], NO, 0, keys="a b"),
    Case("keys that differ by case", "id v", [("A", 1)], [("a", 1)], NO, 0),
    Case("keys without regard to case", "id v", [("A", 1)], [("a", 2)], PARTIAL, 1, {"v": 1}, rules={"columns": {"id": {"case": "ignore"}}}),
    Case("padded keys", "id v", [("A ", 1)], [("A", 1)], NO, 0),
    Case("padded keys, trimmed", "id v", [("A ", 1)], [("A", 1)], MATCH, 1, rules={"columns": {"id": {"trim": "trailing"}}}),
    Case("empty keys as NULL", "id v", [("", 1)], [(None, 1)], MATCH, 1, rules={"columns": {"id": {"empty_is_null": True}}}),
    Case("keys that become equal by a rule are duplicates", "id v", [("A", 1), ("a", 2)], [("a", 1), ("a", 2)], MATCH, 2, duplicates=(1, 1), rules={"columns": {"id": {"case": "ignore"}}}),
    Case("text keys against numbers never pair", "id v", [("1", 1)], [(1, 1)], NO, 0),
    Case("keys named otherwise in case", "ID v", AB, AB, MATCH, 2, target_columns="Id V"),
    Case("padded keys without regard to case and emptiness", "id v", [(" A", 1), ("  ", 2)], [("a ", 1), (None, 2)], MATCH, 2, rules={"columns": {"id": {"trim": "both", "case": "ignore", "empty_is_null": True}}}),
    Case("a rule on one of two keys", "a b v", [("A", "B", 1), ("A", "b", 2)], [("a", "B", 1), ("a", "b", 3)], PARTIAL, 2, {"v": 1}, keys="a b", rules={"columns": {"a": {"case": "ignore"}}}),
    Case("all key columns NULL", "a b v", [(None, None, 1)], [(None, None, 2)], PARTIAL, 1, {"v": 1}, keys="a b"),
    Case("NULL in the one key column or in the other", "a b v", [(None, 1, 1)], [(1, None, 1)], NO, 0, keys="a b"),
    Case("keys in another order than the columns", "a b v", [(1, 2, 5)], [(1, 2, 5)], MATCH, 1, keys="b a"),
    Case("every column a key", "a b", [(1, 2), (1, 2)], [(1, 2), (1, 3)], PARTIAL, 1, keys="a b", duplicates=(1, 0)),
    # copies
    Case("copies in another order", "id v", [(1, "a"), (1, "b"), (1, "a")], [(1, "b"), (1, "a"), (1, "a")], MATCH, 3, duplicates=(1, 1)),
    Case("three equal copies", "id v", [(1, "a")] * 3, [(1, "a")] * 3, MATCH, 3, duplicates=(1, 1)),
    Case("three copies against two", "id v", [(1, "a")] * 3, [(1, "a")] * 2, PARTIAL, 2, duplicates=(1, 1)),
    Case("one row against three copies", "id v", [(1, "a")], [(1, "a")] * 3, PARTIAL, 1, duplicates=(0, 1)),
    Case("A A C against B B C", "id v", [(1, "A"), (1, "A"), (1, "C")], [(1, "B"), (1, "B"), (1, "C")], PARTIAL, 3, {"v": 2}, (1, 1)),
    Case("A A B against A B B", "id v", [(1, "A"), (1, "A"), (1, "B")], [(1, "A"), (1, "B"), (1, "B")], PARTIAL, 3, {"v": 1}, (1, 1)),
    Case("the same values in other combinations", "id v w", [(1, "a", "x"), (1, "b", "y")], [(1, "a", "y"), (1, "b", "x")], PARTIAL, 2, {"w": 2}, (1, 1)),
    Case("differing copies pair with the fewest differences", "id v w", [(1, "a", "x"), (1, "b", "y")], [(1, "b", "z"), (1, "a", "x")], PARTIAL, 2, {"w": 1}, (1, 1)),
    Case("greedy pairing would differ more", "id v w u", [(1, 1, 1, 1), (1, 1, 1, 2)], [(1, 1, 1, 3), (1, 1, 9, 1)], PARTIAL, 2, {"w": 1, "u": 1}, (1, 1)),
    Case("copies that are too many pair first by likeness", "id v w", [(1, 1, 1), (1, 5, 5)], [(1, 5, 6)], NO, 1, {"w": 1}, (1, 0)),
    Case("a NULL among copies", "id v", [(1, None), (1, None), (1, "a")], [(1, "a"), (1, None), (1, "b")], PARTIAL, 3, {"v": 1}, (1, 1)),
    Case("copies of a NULL key", "id v", [(None, 1), (None, 2)], [(None, 2), (None, 1)], MATCH, 2, duplicates=(1, 1)),
    Case("two duplicate keys among others", "id v", [(1, 1), (1, 2), (2, 1), (2, 1), (3, 1)], [(1, 2), (1, 1), (2, 1), (2, 1), (3, 1)], MATCH, 5, duplicates=(2, 2)),
    Case("a fan-out doubles a key", "id v", [(1, 1), (2, 2)], [(1, 1), (1, 1), (2, 2)], PARTIAL, 2, duplicates=(0, 1)),
    Case("copies of many rows never multiply", "id v", [(1, "a")] * 200 + [(1, "b")], [(1, "a")] * 200 + [(1, "c")], PARTIAL, 201, {"v": 1}, (1, 1)),
    Case("a group too large for exact pairing", "id v", [(1, i) for i in range(100)], [(1, i + 1000) for i in range(100)], PARTIAL, 100, {"v": 100}, (1, 1)),
    Case("tolerant copies pair so that all fit", "id v", [(1, 10), (1, 11)], [(1, 11), (1, 12)], MATCH, 2, duplicates=(1, 1), rules={"columns": {"v": {"tolerance": 1}}}),
    Case("tolerant copies with one out of reach", "id v", [(1, 10), (1, 20)], [(1, 11), (1, 30)], PARTIAL, 2, {"v": 1}, (1, 1), rules={"columns": {"v": {"tolerance": 1}}}),
    Case("a row lost among copies is the one that pairs worst", "id v w", [(1, "a", 1), (1, "b", 2), (1, "c", 3)], [(1, "c", 3), (1, "b", 9)], NO, 2, {"w": 1}, (1, 1)),
    Case("copies swapped between two keys", "id v", [(1, "a"), (1, "b"), (2, "c"), (2, "d")], [(1, "c"), (1, "b"), (2, "a"), (2, "d")], PARTIAL, 4, {"v": 2}, (2, 2)),
    Case("a copy moved to another key", "id v", [(1, "a"), (1, "a"), (2, "a")], [(1, "a"), (2, "a"), (2, "a")], PARTIAL, 2, duplicates=(1, 1)),
    Case("a join multiplies n by m", "id v", [(1, "a"), (1, "b")], [(1, "a"), (1, "a"), (1, "b"), (1, "b")], PARTIAL, 2, duplicates=(1, 1)),
    Case("copies under a composite key", "a b v", [(1, 1, 5), (1, 1, 6), (1, 2, 5)], [(1, 1, 6), (1, 2, 5), (1, 1, 5)], MATCH, 3, duplicates=(1, 1), keys="a b"),
    Case("copies under a key half NULL", "a b v", [(1, None, 5), (1, None, 6)], [(1, None, 6), (1, None, 7)], PARTIAL, 2, {"v": 1}, (1, 1), keys="a b"),
    Case("copies equal by a rule pair off first", "id v w", [(1, "A", 1), (1, "b", 2)], [(1, "B", 2), (1, "a", 3)], PARTIAL, 2, {"w": 1}, (1, 1), rules={"columns": {"v": {"case": "ignore"}}}),
    Case("an ignored column does not tell copies apart", "id v w", [(1, "a", 1), (1, "a", 2)], [(1, "a", 3), (1, "a", 4)], MATCH, 2, duplicates=(1, 1), rules={"ignore": ("w",)}, one_sided={"w": "ignored"}),
    Case("tolerant copies chained within reach of each other", "id v", [(1, 0), (1, 2), (1, 4)], [(1, 1), (1, 3), (1, 5)], MATCH, 3, duplicates=(1, 1), rules={"columns": {"v": {"tolerance": 1}}}),
    Case("tolerant copies of which one fits two", "id v", [(1, 1), (1, 3)], [(1, 2), (1, 9)], PARTIAL, 2, {"v": 1}, (1, 1), rules={"columns": {"v": {"tolerance": 1}}}),
    Case("tolerant copies that pair otherwise than by size", "id v w", [(1, 10, "x"), (1, 11, "y")], [(1, 10, "y"), (1, 11, "x")], MATCH, 2, duplicates=(1, 1), rules={"columns": {"v": {"tolerance": 1}}}),
    # no key
    Case("whole rows", "id v", AB, AB[::-1], MATCH, 2, keys=""),
    Case("whole rows, one different", "id v", AB, [(1, "a"), (2, "x")], PARTIAL, 1, keys=""),
    Case("whole rows, all different", "id v", AB, [(1, "x"), (2, "y")], NO, 0, keys=""),
    Case("whole rows, copies", "id v", [(1, "a")] * 3, [(1, "a")] * 2, PARTIAL, 2, keys=""),
    Case("whole rows with NULLs", "id v", [(None, None), (1, None)], [(1, None), (None, None)], MATCH, 2, keys=""),
    Case("whole rows, A A C against B B C", "v", [("A",), ("A",), ("C",)], [("B",), ("B",), ("C",)], PARTIAL, 1, keys=""),
    Case("whole rows, cells swapped", "v w", [("a", "x"), ("b", "y")], [("a", "y"), ("b", "x")], NO, 0, keys=""),
    Case("whole rows within a tolerance", "v w", [("a", 10), ("a", 20)], [("a", 21), ("a", 11)], MATCH, 2, keys="", rules={"columns": {"w": {"tolerance": 1}}}),
    Case("whole rows beyond a tolerance", "v w", [("a", 10), ("a", 20)], [("a", 23), ("a", 11)], PARTIAL, 1, keys="", rules={"columns": {"w": {"tolerance": 1}}}),
    Case("whole rows that are one tolerant number", "w", [(10,), (20,)], [(21,), (11,)], MATCH, 2, keys="", rules={"columns": {"w": {"tolerance": 1}}}),
    Case("whole rows, both empty", "id v", [], [], MATCH, 0, keys=""),
    Case("whole rows, digits divided otherwise", "v w", [(11, 1)], [(1, 11)], NO, 0, keys=""),
    Case("whole rows, columns swapped", "v w", [("a", "b")], [("b", "a")], NO, 0, keys=""),
    Case("whole rows, by a text rule", "v", [("A ",), ("b",)], [("b ",), ("a",)], MATCH, 2, keys="", rules={"columns": {"v": {"trim": "trailing", "case": "ignore"}}}),
    Case("whole rows, one column ignored", "v w", [("a", 1), ("b", 2)], [("b", 3), ("a", 4)], MATCH, 2, keys="", rules={"ignore": ("w",)}, one_sided={"w": "ignored"}),
    Case("whole rows, a column missing", "v w", [("a", 1)], [("a",)], PARTIAL, 1, keys="", target_columns="v", one_sided={"w": "missing"}),
    Case("whole rows chained within a tolerance", "w", [(0,), (2,), (4,)], [(1,), (3,), (5,)], MATCH, 3, keys="", rules={"columns": {"w": {"tolerance": 1}}}),
    Case("whole rows of which one fits two", "w", [(1,), (3,)], [(2,), (9,)], PARTIAL, 1, keys="", rules={"columns": {"w": {"tolerance": 1}}}),
    Case("whole rows, NULL is within no tolerance", "w", [(None,), (0,)], [(0,), (0,)], PARTIAL, 1, keys="", rules={"columns": {"w": {"tolerance": 1}}}),
    # columns
    Case("NULL is not 0 for a relative tolerance", "id v", [(1, None), (2, 0)], [(1, 0), (2, None)], PARTIAL, 2, {"v": 2}, rules={"columns": {"v": {"relative_tolerance": "0.9"}}}),
    Case("a column renamed, one dropped, one added", "id a b", [(1, 5, 6)], [(1, 5, 7)], PARTIAL, 1, target_columns="id z c", rules={"rename": {"a": "z"}}, one_sided={"b": "missing", "c": "extra"}),
    Case("a renamed column that differs", "id a", [(1, 5)], [(1, 6)], PARTIAL, 1, {"a": 1}, target_columns="id z", rules={"rename": {"a": "z"}}),
    Case("a renamed column that is ignored", "id a", [(1, 5)], [(1, 6)], MATCH, 1, target_columns="id z", rules={"rename": {"a": "z"}, "ignore": ("a",)}, one_sided={"a": "ignored"}),
    Case("ignored on the target where the source has none", "id a", [(1, 5)], [(1, 5, 6, 7)], MATCH, 1, target_columns="id a x y", rules={"ignore": ("x", "y")}, one_sided={"x": "ignored", "y": "ignored"}),
    Case("a column missing and a value different", "id v w", [(1, "a", 2), (2, "b", 3)], [(1, "x"), (2, "b")], PARTIAL, 2, {"v": 1}, target_columns="id v", one_sided={"w": "missing"}),
    Case("a column missing and a row missing", "id v w", [(1, "a", 2), (2, "b", 3)], [(1, "a")], PARTIAL, 1, target_columns="id v", one_sided={"w": "missing"}),
    Case("columns in another order", "id v w", [(1, "a", 2)], [(1, 2, "a")], MATCH, 1, target_columns="id w v"),
    Case("column names in another case", "id Value", AB, AB, MATCH, 2, target_columns="ID vALUE"),
    Case("a column missing", "id v w", [(1, "a", 2)], [(1, "a")], PARTIAL, 1, target_columns="id v", one_sided={"w": "missing"}),
    Case("a column extra", "id v", [(1, "a")], [(1, "a", 2)], PARTIAL, 1, target_columns="id v w", one_sided={"w": "extra"}),
    Case("a column missing that is ignored", "id v w", [(1, "a", 2)], [(1, "a")], MATCH, 1, target_columns="id v", rules={"ignore": ("w",)}, one_sided={"w": "ignored"}),
    Case("a column extra that is ignored", "id v", [(1, "a")], [(1, "a", 2)], MATCH, 1, target_columns="id v w", rules={"ignore": ("W",)}, one_sided={"w": "ignored"}),
    Case("an ignored column may differ", "id v w", [(1, "a", 2)], [(1, "a", 3)], MATCH, 1, rules={"ignore": ("w",)}, one_sided={"w": "ignored"}),
    Case("a renamed column", "id v", AB, AB, MATCH, 2, target_columns="id amount", rules={"rename": {"v": "amount"}}),
    Case("a renamed key", "id v", AB, AB, MATCH, 2, target_columns="key v", rules={"rename": {"id": "key"}}),
    Case("a renamed key by the target's name", "id v", AB, AB, MATCH, 2, keys="key", target_columns="key v", rules={"rename": {"id": "key"}}),
    Case("a rule by the target's name", "id v", [(1, "a ")], [(1, "a")], MATCH, 1, target_columns="id w", rules={"rename": {"v": "w"}, "columns": {"W": {"trim": "trailing"}}}),
    Case("a rule on an extra column", "id v", [(1, "a")], [(1, "a", "b")], PARTIAL, 1, target_columns="id v w", rules={"columns": {"w": {"trim": "both"}}}, one_sided={"w": "extra"}),
    Case("a tolerance where one side is text", "id v", [(1, "5"), (2, None)], [(1, 5), (2, None)], PARTIAL, 2, {"v": 1}, rules={"columns": {"v": {"tolerance": 1}}}),
    Case("two columns renamed crosswise", "id v w", [(1, "a", "b")], [(1, "b", "a")], MATCH, 1, rules={"rename": {"v": "w", "w": "v"}}),
    Case("a column renamed onto another's name", "id a b", [(1, 5, 6)], [(1, 5)], PARTIAL, 1, target_columns="id b", rules={"rename": {"a": "b"}}, one_sided={"b": "missing"}),
    Case("a value column named like an internal one", "id k0 v0 g s", [(1, 1, 2, 3, 4)], [(1, 1, 2, 3, 5)], PARTIAL, 1, {"s": 1}),
    Case("both empty and a column missing", "id v", [], [], NO, 0, target_columns="id", one_sided={"v": "missing"}),
    Case("the key on one side only", "id v", AB, AB, NO, 0, target_columns="key v", one_sided={"id": "missing", "key": "extra"}),
    Case("no column in common", "a", [(1,)], [(1,)], NO, 0, keys="", target_columns="b", one_sided={"a": "missing", "b": "extra"}),
    # row counts
    Case("strict row count, the same", "id v", AB, AB, MATCH, 2, rules={"strict_row_count": True}),
    Case("strict row count, one missing", "id v", AB, AB[:1], NO, 1, rules={"strict_row_count": True}),
    Case("strict row count, values differ", "id v", AB, [(1, "a"), (2, "x")], PARTIAL, 2, {"v": 1}, rules={"strict_row_count": True}),
    Case("strict row count, one for another", "id v", AB, [(1, "a"), (3, "b")], PARTIAL, 1, rules={"strict_row_count": True}),
    Case("strict row count, a copy more", "id v", AB, [*AB, AB[0]], NO, 2, duplicates=(0, 1), rules={"strict_row_count": True}),
    Case("strict row count, whole rows", "v", [("a",), ("b",)], [("a",)], NO, 1, keys="", rules={"strict_row_count": True}),
    Case("strict row count, both empty", "id v", [], [], MATCH, 0, rules={"strict_row_count": True}),
]  # fmt: skip
