"""What of two values is marked, and how invisible characters are shown."""

import pytest

from recon_assets.reports.marking import LONGEST, Shown, defang, marked, shown


def text(value: Shown) -> str:
    """The value as shown, differing stretches in [brackets]."""
    runs = [f"[{piece.text}]" if piece.differs else piece.text for piece in value.pieces]
    return "".join(runs).replace("][", "")


@pytest.mark.parametrize(
    ("source", "target", "shown_source", "shown_target"),
    [
        # numbers: by place, from the first digit that differs
        ("1834.57", "1834.60", "1834.[57]", "1834.[60]"),
        ("99.99", "100.00", "[99.99]", "[100.00]"),
        ("12.34", "123.4", "[12.34]", "[123.4]"),
        ("5", "-5", "[5]", "[-5]"),
        ("1250.00", "1250", "1250[.00]", "1250"),
        (41, 42, "4[1]", "4[2]"),
        (True, False, "[tru]e", "[fals]e"),
        # dates and timestamps: by their parts
        ("2024-01-31", "2024-02-29", "2024-0[1]-[31]", "2024-0[2]-[29]"),
        ("2024-01-31 00:00:00", "2024-01-31 02:00:00", "2024-01-31 0[0]:00:00", "2024-01-31 0[2]:00:00"),
        # text: by words, then letters
        ("the quick brown fox", "the slow brown dog", "the [quick] brown [fox]", "the [slow] brown [dog]"),
        ("Meyer", "Meier", "Me[y]er", "Me[i]er"),
        ("abc", "ABC", "[abc]", "[ABC]"),
        # spaces and other invisible characters
        ("Prime", "Prime ", "Prime", "Prime[·]"),
        ("  Prime", "Prime", "[··]Prime", "Prime"),
        ("a b", "a  b", "a b", "a [·]b"),
        ("a b", "a\tb", "a[·]b", "a[⇥]b"),
        ("a\r\nb", "a\nb", "a[␍]↵b", "a↵b"),
        ("a b", "a\u00a0b", "a[·]b", "a[⍽]b"),
        ("ab", "a\u200bb", "ab", "a[⟨U+200B⟩]b"),
        (" x 1", " x 2", "·x [1]", "·x [2]"),
        # letters that look the same are spelled out
        ("caf\u00e9", "cafe\u0301", "caf[⟨U+00E9⟩]", "caf[e⟨U+0301⟩]"),
        ("cafe", "cafe\u0301", "caf[e]", "caf[e\u0301]"),
        # NULL and what is no text
        (None, "0", "[NULL]", "[0]"),
        (None, "NULL", "[NULL]", "[NULL]"),
        ("", "x", "[empty text]", "[x]"),
        ("", " ", "[empty text]", "[·]"),
        (1, "1", "[1]", "[1]"),
        ({"a": 1}, {"a": 2}, '{"a": [1]}', '{"a": [2]}'),
    ],
)  # fmt: skip
def test_the_differing_part_is_marked(source, target, shown_source, shown_target):
    left, right = marked(source, target)
    assert (text(left), text(right)) == (shown_source, shown_target)
    mirrored = marked(target, source)
    assert (text(mirrored[0]), text(mirrored[1])) == (shown_target, shown_source)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, "null"), ("NULL", "text"), ("null", "text"), ("", "empty"), ("empty text", "text")],
)
def test_null_and_empty_text_are_told_from_the_texts_of_that_name(value, kind):
    assert shown(value).kind == kind


@pytest.mark.parametrize("place", [0, 500_000, 999_999])
def test_of_a_huge_text_the_surroundings_of_the_first_difference_are_shown_with_its_length(place):
    source = "x" * 1_000_000
    target = source[:place] + "Y" + source[place + 1 :]
    left, right = marked(source, target)
    assert "Y" in "".join(piece.text for piece in right.pieces if piece.differs)
    assert (left.length, right.length) == (1_000_000, 1_000_000)
    assert sum(len(piece.text) for piece in left.pieces) <= LONGEST + 2
    assert ("…" in (left.pieces[0].text, left.pieces[-1].text)) is True


def test_a_text_of_the_greatest_length_is_shown_whole():
    assert shown("x" * LONGEST).length is None
    assert shown("x" * (LONGEST + 1)).length == LONGEST + 1


def test_characters_that_reorder_or_hide_text_are_spelled_out():
    assert defang("a\u202eb\u0000c\u200bd") == "a⟨U+202E⟩b⟨U+0000⟩c⟨U+200B⟩d"
    assert defang("plain text,\n\tÄ 漢 🎉") == "plain text,\n\tÄ 漢 🎉"
