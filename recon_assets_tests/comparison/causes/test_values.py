"""What is found for a few pairs of values: one line a case, expected values from what the fault does."""

import pytest

from recon_assets_tests.comparison.causes.finding import causes_of

_ONE_APART = [(f"{n}.{23 + n % 4}", f"{n}.{23 + n % 4 + (1 if n % 3 else -1)}") for n in range(60)]

NUMBERS = [
    ([(None, "0.00"), (None, "0.00")], "DECIMAL(10,2)", "null_constant", "0.00 in the target where the source is NULL"),
    ([("0", None), ("0", None), ("0", None)], "INTEGER", "null_constant", "0 in the source where the target is NULL"),
    ([(None, "-1")], "BIGINT", "null_constant", "-1 in the target where the source is NULL"),
    ([("1.234", "1.230"), ("5.678", "5.680"), ("9.111", "9.110")], "DECIMAL(9,3)", "rounding", "the target is the source rounded to 2 decimals"),
    ([("1.230", "1.234"), ("5.680", "5.678"), ("9.110", "9.111")], "DECIMAL(9,3)", "rounding", "the source is the target rounded to 2 decimals"),
    ([("1.235", "1.240"), ("-5.645", "-5.650"), ("9.111", "9.110")], "DECIMAL(9,3)", "rounding", "the target is the source rounded half away from zero to 2 decimals"),
    ([("1.235", "1.240"), ("5.645", "5.640"), ("9.117", "9.120")], "DECIMAL(9,3)", "rounding", "the target is the source rounded half to even to 2 decimals"),
    ([("1.235", "1.240"), ("-5.635", "-5.630"), ("9.117", "9.120")], "DECIMAL(9,3)", "rounding", "the target is the source rounded half up to 2 decimals"),
    ([("1234", "1200"), ("5678", "5700"), ("9111", "9100")], "INTEGER", "rounding", "the target is the source rounded to 100s"),
    ([("2.3456", "2.35"), ("7.1249", "7.12"), ("8.77777", "8.78")], "DOUBLE", "rounding", "the target is the source rounded to 2 decimals"),
    ([("0.4", "0"), ("2.6", "3"), ("7.7", "8")], ("DECIMAL(9,1)", "INTEGER"), "rounding", "the target is the source rounded to whole numbers"),
    ([("1.999", "1.990"), ("-5.678", "-5.670"), ("9.117", "9.110")], "DECIMAL(9,3)", "truncation", "the target is the source cut to 2 decimals"),
    ([("123456789012345678901234.56789", "123456789012345678901234.56"), ("1.00999", "1.00")], ("DECIMAL(30,5)", "DECIMAL(38,2)"), "truncation", "the target is the source cut to 2 decimals"),
    ([("3.75", "3"), ("-2.5", "-2"), ("0.99", "0")], "DECIMAL(9,2)", "integer_division", "the target is the source cut to whole numbers, as a division of integers does"),
    ([("300", "44"), ("301", "45"), ("-129", "127")], ("INTEGER", "TINYINT"), "overflow", "the target is the source wrapped around to the 8 bits of TINYINT (-128 to 127)"),
    ([("3000000000", "2147483647"), ("-3000000000", "-2147483648")], ("BIGINT", "INTEGER"), "overflow", "the target is capped at the limit of int, which the source is beyond"),
    ([("12345.67", "999.99"), ("1000.00", "999.99")], ("DECIMAL(9,2)", "DECIMAL(5,2)"), "overflow", "the target is capped at the limit of DECIMAL(5,2), which the source is beyond"),
    ([("12345.67", None), ("-1000.00", None)], ("DECIMAL(9,2)", "DECIMAL(5,2)"), "overflow", "NULL in the target where the source's number doesn't fit its DECIMAL(5,2)"),
    ([("1e10", None), ("-4e9", None)], ("DOUBLE", "INTEGER"), "overflow", "NULL in the target where the source's number doesn't fit its int"),
    ([("0.3", "0.30000000000000004"), ("1.1", "1.1000000000000005")], "DOUBLE", "float_noise", "the two differ by at most 4 units in the last place of a DOUBLE"),
    ([("0.3", "0.30000000000000004")], "DOUBLE", "float_noise", "the two differ by at most 1 unit in the last place of a DOUBLE"),
    ([("0.30", "0.30000000000000004"), ("0.70", "0.7000000000000001")], ("DECIMAL(9,2)", "DOUBLE"), "float_noise", "the two differ by at most 1 unit in the last place of a DOUBLE"),
    ([("0.1", "0.10000000149011612"), ("0.7", "0.699999988079071")], "DOUBLE", "float_noise", "the target is the source as a REAL holds it"),
    ([("9007199254740993", "9007199254740992")], "BIGINT", "float_noise", "the target is the source as a DOUBLE holds it"),
    ([("16777217", "16777216"), ("33554435", "33554436")], "INTEGER", "float_noise", "the target is the source as a REAL holds it"),
    ([("5", "-5"), ("-3", "3")], "INTEGER", "sign", "the target has the opposite sign"),
    ([("-2.5", "2.5")], "DOUBLE", "sign", "the target has the opposite sign"),
    ([("5.11", "511"), ("3.21", "321"), ("7.00", "700")], ("DECIMAL(9,2)", "INTEGER"), "factor", "the target is 100 times the source"),
    ([("511", "5.11"), ("321", "3.21"), ("700", "7.00")], ("INTEGER", "DECIMAL(9,2)"), "factor", "the target is 0.01 times the source"),
    ([("100.00", "119.00"), ("33.33", "39.66"), ("7.77", "9.25")], "DECIMAL(9,2)", "factor", "the target is 1.19 times the source"),
    ([("119.00", "100.00"), ("39.66", "33.33"), ("500.00", "420.17")], "DECIMAL(9,2)", "factor", "the target is the source divided by 1.19"),
    ([("1200.00", "100.00"), ("500.00", "41.67"), ("7.77", "0.65")], "DECIMAL(9,2)", "factor", "the target is the source divided by 12"),
    ([("1.5", "3"), ("0.1", "0.2"), ("7.25", "14.5")], "DOUBLE", "factor", "the target is 2 times the source"),
    ([("5", "8"), ("10", "13"), ("7", "10")], "BIGINT", "offset", "the target is the source plus 3"),
    ([("5.50", "4.25"), ("10.00", "8.75"), ("7.10", "5.85")], "DECIMAL(9,2)", "offset", "the target is the source minus 1.25"),
    ([("0.1", "0.4"), ("1.1", "1.4000000000000001"), ("5", "5.3")], "DOUBLE", "offset", "the target is the source plus 0.3"),
    (_ONE_APART, "DECIMAL(9,2)", "rounding", "one apart in the last of 2 decimals, as when something before was rounded differently"),
    ([("0.3", "0.4"), ("1.2", "1.3"), ("5.5", "5.6"), ("8.9", "9.0"), ("7.0", "7.1")], "DECIMAL(9,1)", "rounding", "the target is the source plus 0.1, one in the last of 1 decimal, as when something before was rounded differently"),
]  # fmt: skip

TEXTS = [
    ([("", None), ("", None)], "VARCHAR", "null_constant", "'' in the source where the target is NULL"),
    ([(None, "N/A"), (None, "N/A")], "VARCHAR", "null_constant", "'N/A' in the target where the source is NULL"),
    ([(None, "it's"), (None, "it's")], "VARCHAR", "null_constant", "'it's' in the target where the source is NULL"),
    ([("a", "a "), ("b", "b   ")], "VARCHAR", "space", "spaces at the end in the target"),
    ([("  a", "a"), (" b", "b")], "VARCHAR", "space", "spaces at the beginning in the source"),
    ([(" a", "a "), ("b ", " b")], "VARCHAR", "space", "spaces at the beginning or the end"),
    ([("a b", "a\u00a0b"), ("c  d", "c d")], "VARCHAR", "space", "blanks within the text: how many there are, or of which kind"),
    ([("a\tb", "ab"), ("c d", "cd")], "VARCHAR", "space", "blanks anywhere: spaces, tabs, line ends, no-break spaces, …"),
    ([("Straße", "STRASSE".replace("SS", "ẞ")), ("élan", "ÉLAN")], "VARCHAR", "case", "the target is in upper case"),
    ([("Anna", "anna"), ("ÅSA", "åsa")], "VARCHAR", "case", "the target is in lower case"),
    ([("McDonald", "Mcdonald"), ("vanDyke", "VanDyke")], "VARCHAR", "case", "the same letters in upper and lower case"),
    ([("é", "e\u0301"), ("ñandú", "n\u0303andu\u0301")], "VARCHAR", "normalization", "Unicode's composed form (NFC) in the source, another in the target"),
    ([("José", "Jose"), ("Łódź Ž", "Łodz Z")], "VARCHAR", "normalization", "accents are lost in the target"),
    ([("Café", "CafÃ©"), ("10 €", "10 â‚¬"), ("日本", "æ—¥æœ¬")], "VARCHAR", "encoding", "UTF-8 read as Windows-1252 or Latin-1 in the target"),
    ([("CafÃ©", "Café"), ("Ã€", "À"), ("\u00c3\u0081", "Á")], "VARCHAR", "encoding", "UTF-8 read as Windows-1252 or Latin-1 in the source"),
    ([("Café", "Caf?"), ("a😀b", "a??b")], "VARCHAR", "encoding", "characters beyond ASCII are '?' in the target"),
    ([("Café Иван", "Café ????"), ("日本", "??")], "VARCHAR", "encoding", "characters beyond Windows-1252 are '?' in the target"),
    ([("Caf\ufffd", "Café"), ("\ufffd", "ß")], "VARCHAR", "encoding", "characters beyond ASCII are U+FFFD in the source"),
    ([("Müller", "Mller"), ("naïve", "nave")], "VARCHAR", "encoding", "characters beyond ASCII are left out in the target"),
    ([("abcdefgh", "abcde"), ("zyxwvut", "zyxwv")], "VARCHAR", "cut_text", "the target is the source cut to 5 characters"),
    ([("😀😀", "😀"), ("xyz", "x")], "VARCHAR", "cut_text", "the target is the source cut to 1 character"),
    ([("007", "7"), ("1.50", "1.5")], "VARCHAR", "written_form", "the same number, written differently"),
    ([("2024-01-31", "2024-01-31 00:00:00.000"), ("2024-02-01T10:00:00", "2024-02-01 10:00:00")], "VARCHAR", "written_form", "the same date or time, written differently"),
    ([("{0f8fad5b-d9cb-469f-a165-70867728950e}", "0F8FAD5B-D9CB-469F-A165-70867728950E")], "VARCHAR", "written_form", "the same UUID, written differently"),
]  # fmt: skip

TIMES = [
    ([(None, "1900-01-01 00:00:00")], "TIMESTAMP", "null_constant", "1900-01-01 00:00:00 in the target where the source is NULL"),
    ([("9999-12-31", None)], "DATE", "null_constant", "9999-12-31 in the source where the target is NULL"),
    ([("2024-01-01 10:00:00", "2024-01-01 12:00:00"), ("2024-03-07 11:30:00", "2024-03-07 13:30:00"), ("2024-07-02 23:00:00", "2024-07-03 01:00:00")], "TIMESTAMP", "time_shift", "the target is 2 hours later than the source"),
    ([("2024-01-01 10:00:00", "2024-01-01 04:30:00"), ("2024-03-07 11:30:00", "2024-03-07 06:00:00"), ("2024-07-02 23:00:00", "2024-07-02 17:30:00")], "TIMESTAMP", "time_shift", "the target is 5.5 hours earlier than the source"),
    ([("2024-01-01", "2024-01-02"), ("2024-03-07", "2024-03-08"), ("2024-06-30", "2024-07-01")], "DATE", "time_shift", "the target is 1 day later than the source"),
    ([("10:00:00", "11:00:00"), ("11:30:00", "12:30:00"), ("22:59:59", "23:59:59")], "TIME", "time_shift", "the target is 1 hour later than the source"),
    ([("2024-01-01 10:00:00", "2024-01-01 11:00:00"), ("2024-07-01 10:00:00", "2024-07-01 12:00:00"), ("2024-08-03 10:00:00", "2024-08-03 12:00:00")], "TIMESTAMP", "time_shift", "UTC in the source, the clock of Europe/Berlin with its summer time in the target"),
    ([("2024-01-01 05:00:00", "2024-01-01 10:00:00"), ("2024-07-01 06:00:00", "2024-07-01 10:00:00"), ("2024-08-03 06:00:00", "2024-08-03 10:00:00")], "TIMESTAMP", "time_shift", "UTC in the target, the clock of America/New_York with its summer time in the source"),
    ([("2024-01-01 10:00:00", "2024-01-01 11:00:00+00"), ("2024-07-01 10:00:00", "2024-07-01 11:00:00+00"), ("2024-08-03 11:00:00", "2024-08-03 12:00:00+00")], ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), "time_shift", "the target is 1 hour later than the source"),
    ([("2024-01-01 10:00:00.123456", "2024-01-01 10:00:00.123"), ("2024-01-01 10:00:00.9999", "2024-01-01 10:00:00.999")], "TIMESTAMP", "timestamp_precision", "the target is the source cut to 3 decimals of the second"),
    ([("2024-01-01 10:00:00.123456", "2024-01-01 10:00:00.123"), ("2024-01-01 10:00:00.9999", "2024-01-01 10:00:01")], "TIMESTAMP", "timestamp_precision", "the target is the source rounded to 3 decimals of the second"),
    ([("1969-12-31 23:59:59.7", "1969-12-31 23:59:59"), ("2024-01-01 10:00:00.2", "2024-01-01 10:00:00")], "TIMESTAMP", "timestamp_precision", "the target is the source cut to seconds"),
    ([("2024-01-01 10:00:29", "2024-01-01 10:00:00"), ("2024-01-01 10:05:31", "2024-01-01 10:06:00")], "TIMESTAMP", "timestamp_precision", "the target is the source rounded to minutes"),
    ([("2024-01-01 10:00:00.005", "2024-01-01 10:00:00.007"), ("2024-01-01 10:00:00.999", "2024-01-01 10:00:01"), ("2024-01-01 10:00:00.122", "2024-01-01 10:00:00.123")], "TIMESTAMP", "timestamp_precision", "the target is the source rounded to 1/300 second, as SQL Server's datetime is"),
    ([("2024-01-01 10:00:00.1234567", "2024-01-01 10:00:00.123456"), ("2024-01-01 10:00:00.9999999", "2024-01-01 10:00:00.999999")], ("TIMESTAMP_NS", "TIMESTAMP"), "timestamp_precision", "the target is the source cut to 6 decimals of the second"),
    ([("10:00:00.75", "10:00:00"), ("11:30:15.2", "11:30:15")], "TIME", "timestamp_precision", "the target is the source cut to seconds"),
    ([("2024-01-01 10:00:00", "2024-01-01"), ("2024-02-03 23:59:59", "2024-02-03")], ("TIMESTAMP", "DATE"), "midnight", "the target has the date of the source without its time of day"),
    ([("2024-01-01 00:00:00", "2024-01-01 10:20:30"), ("2024-02-03 00:00:00", "2024-02-03 23:59:59")], "TIMESTAMP", "midnight", "the source has the date of the target without its time of day"),
]  # fmt: skip

TYPES = [
    ([("1", "1"), ("02", "2")], ("VARCHAR", "INTEGER"), "the same value, as text in the source"),
    ([("1.50", "1.5"), ("-2", "-2")], ("DECIMAL(9,2)", "VARCHAR"), "the same value, as text in the target"),
    ([("0.1", "0.1"), ("1e3", "1000")], ("DOUBLE", "VARCHAR"), "the same value, as text in the target"),
    ([("Y", "true"), ("no", "false")], ("VARCHAR", "BOOLEAN"), "the same value, as text in the source"),
    ([("2024-01-31", "2024-01-31"), ("2024-02-01", "2024-02-01")], ("VARCHAR", "DATE"), "the same value, as text in the source"),
    ([("31/12/2024", "2024-12-31")], ("VARCHAR", "DATE"), "the same date, as text in another form in the source"),
    ([("20240131", "2024-01-31"), ("19991231", "1999-12-31")], ("INTEGER", "DATE"), "the same date, as the number yyyymmdd in the source"),
    ([("1970-01-02 00:00:00", "86400")], ("TIMESTAMP", "BIGINT"), "the same time, as seconds since 1970 in the target"),
    ([("10:20:30", "10:20:30")], ("TIME", "VARCHAR"), "the same value, as text in the target"),
    ([("10:20:30", "1900-01-01 10:20:30")], ("TIME", "TIMESTAMP"), "the same time of day, without a date in the source"),
    ([("0x0AFF", "0aff")], ("VARCHAR", "BLOB"), "the same bytes, as hexadecimal text in the source"),
    ([("00112233445566778899AABBCCDDEEFF", "00112233-4455-6677-8899-aabbccddeeff")], ("BLOB", "UUID"), "the same UUID, as bytes in the source"),
    ([("33221100554477668899AABBCCDDEEFF", "00112233-4455-6677-8899-aabbccddeeff")], ("BLOB", "UUID"), "the same UUID, as the bytes of SQL Server's uniqueidentifier in the source"),
]  # fmt: skip

RULES = [
    ([("a", "A"), ("b", "B ")], "VARCHAR", {"case": "ignore"}, ("space", "spaces at the end in the target", 1)),
    ([("", "-"), ("  ", "-")], "VARCHAR", {"trim": "both", "empty_is_null": True}, ("null_constant", "'-' in the target where the source is NULL", 2)),
    ([("2024-01-01 10:00:00.5", "2024-01-01 11:00:00.7"), ("2024-01-02 10:00:00.5", "2024-01-02 11:00:00.9"), ("2024-01-04 10:00:00.5", "2024-01-04 11:00:00.1")], "TIMESTAMP", {"precision": "second"}, ("time_shift", "the target is 1 hour later than the source", 3)),
    ([("2024-01-01 10:00:00", "2024-01-01 10:00:00+00"), ("2024-07-01 11:00:00", "2024-07-01 10:00:00+00"), ("2024-02-01 10:00:00", "2024-02-01 10:00:00+00")], ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), {"timezone": "Europe/Berlin"}, ("time_shift", "the target is 1 hour later than the source", 3)),
]  # fmt: skip


def _types(given: str | tuple[str, str]) -> tuple[str, str]:
    return (given, given) if isinstance(given, str) else given


@pytest.mark.parametrize(("rows", "types", "cause", "detail"), NUMBERS + TEXTS + TIMES)
def test_a_change_that_explains_all_differences_is_named_alone_with_its_facts(rows, types, cause, detail):
    assert [(f.cause, f.detail, f.rows) for f in causes_of(rows, *_types(types))] == [(cause, detail, len(rows))]


@pytest.mark.parametrize(("rows", "types", "detail"), TYPES)
def test_the_same_value_in_another_kind_of_type_is_named(rows, types, detail):
    assert [(f.cause, f.detail, f.rows) for f in causes_of(rows, *types)] == [("type", detail, len(rows))]


@pytest.mark.parametrize(("rows", "types", "rules", "expected"), RULES)
def test_values_are_looked_at_as_the_rules_have_them(rows, types, rules, expected):
    assert [(f.cause, f.detail, f.rows) for f in causes_of(rows, *_types(types), **rules)] == [expected]


def test_causes_of_one_column_are_told_apart():
    rows = [(None, "0.000")] * 4 + [("0.000", None)] * 3 + [("1.234", "1.230"), ("2.345", "2.340"), ("6.666", "6.670")]
    assert {(f.detail, f.rows) for f in causes_of(rows, "DECIMAL(9,3)")} == {
        ("0.000 in the target where the source is NULL", 4),
        ("0.000 in the source where the target is NULL", 3),
        ("the target is the source rounded half to even to 2 decimals", 3),
    }
