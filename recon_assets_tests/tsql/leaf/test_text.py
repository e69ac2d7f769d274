"""Text: literals, comparison under SQL_Latin1_General_CP1_CI_AS, LIKE, string functions, conversion to and from text.
The expected values are those of the Transact-SQL reference."""

import pytest

from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets_tests.tsql.leaf.harness import Database

VALUES = [
    ("PATINDEX('%ter%', 'interesting data')", "int", "3"),
    ("PATINDEX('%[^0-9]%', '12x4')", "int", "3"),
    ("PATINDEX('%_B%', 'aab')", "int", "2"),
    ("PATINDEX('a%', 'ABC')", "int", "1"),
    ("PATINDEX('b%', 'abc')", "int", "0"),
    ("PATINDEX('%c', 'abc')", "int", "3"),
    ("PATINDEX('%a%', NULL)", "int", "NULL"),
    ("CONVERT(varchar(32), HASHBYTES('MD5', 'a'), 2)", "varchar(32)", "0CC175B9C0F1B6A831C399E269772661"),
    ("CONVERT(varchar(10), 0x4E61, 1)", "varchar(10)", "0x4E61"),
    ("CONVERT(varchar(3), 0x4E61, 2)", "varchar(3)", "4E6"),
    ("CONVERT(varbinary(8), '0x4E61', 1)", "varbinary(8)", "0x4E61"),
    ("CONVERT(varbinary(8), '4E61', 2)", "varbinary(8)", "0x4E61"),
    ("CAST('Name' AS varbinary(3))", "varbinary(3)", "0x4E616D"),
    ("TRY_CONVERT(varbinary(8), '4E6', 2)", "varbinary(8)", "NULL"),
    ("CONVERT(varchar(20), CAST(-1234567.895 AS money), 1)", "varchar(20)", "-1,234,567.90"),
    ("CONVERT(varchar(20), CAST(1234567.8912 AS money), 2)", "varchar(20)", "1234567.8912"),
    ("CONCAT(NULL, NULL)", "varchar(1)", ""),
    ("'abc'", "varchar(3)", "abc"),
    ("N'abc'", "nvarchar(3)", "abc"),
    ("''", "varchar(1)", ""),
    ("'O''Brien'", "varchar(7)", "O'Brien"),
    ("'a' + 'bc'", "varchar(3)", "abc"),
    ("'a' + N'bc'", "nvarchar(3)", "abc"),
    ("'a' + NULL", "varchar(2)", "NULL"),
    ("CAST('a' AS char(3)) + 'b'", "varchar(4)", "a  b"),
    # CAST and CONVERT
    ("CAST('abcdef' AS varchar(3))", "varchar(3)", "abc"),
    ("CAST('ab' AS char(4))", "char(4)", "ab  "),
    ("CAST('x' AS varchar)", "varchar(30)", "x"),
    ("CAST('x' AS nvarchar(max))", "nvarchar(max)", "x"),
    ("CAST(N'x' AS varchar(5))", "varchar(5)", "x"),
    ("CAST(123 AS varchar(10))", "varchar(10)", "123"),
    ("CAST(-123 AS varchar(3))", "varchar(3)", "*"),
    ("CAST(1.50 AS varchar(10))", "varchar(10)", "1.50"),
    ("CAST(0.5 AS varchar(10))", "varchar(10)", "0.5"),
    ("CAST(-0.25 AS varchar(10))", "varchar(10)", "-0.25"),
    ("CAST(CAST(1234.5678 AS money) AS varchar(20))", "varchar(20)", "1234.57"),
    ("CAST(1234567.891e0 AS varchar(20))", "varchar(20)", "1.23457e+006"),
    ("CAST(0.1e0 AS varchar(20))", "varchar(20)", "0.1"),
    ("CAST(CAST(1 AS bit) AS varchar(1))", "varchar(1)", "1"),
    ("CONVERT(char(5), 12)", "char(5)", "12   "),
    (
        "CAST('6f9619ff-8b86-d011-b42d-00c04fc964ff' AS uniqueidentifier)",
        "uniqueidentifier",
        "6F9619FF-8B86-D011-B42D-00C04FC964FF",
    ),
    (
        "CAST(CAST('6f9619ff-8b86-d011-b42d-00c04fc964ff' AS uniqueidentifier) AS char(36))",
        "char(36)",
        "6F9619FF-8B86-D011-B42D-00C04FC964FF",
    ),
    ("TRY_CAST('nope' AS uniqueidentifier)", "uniqueidentifier", "NULL"),
    # functions
    ("LEN('abc  ')", "int", "3"),
    ("LEN('  abc')", "int", "5"),
    ("LEN('')", "int", "0"),
    ("LEN(NULL)", "int", "NULL"),
    ("LEN(12345)", "int", "5"),
    ("LEN(CAST('abc' AS varchar(max)))", "bigint", "3"),
    ("DATALENGTH('abc ')", "int", "4"),
    ("DATALENGTH(N'abc ')", "int", "8"),
    ("DATALENGTH(CAST('a' AS char(10)))", "int", "10"),
    ("DATALENGTH(1)", "int", "4"),
    ("DATALENGTH(CAST(1 AS decimal(18,2)))", "int", "9"),
    ("LEFT('abcdef', 2)", "varchar(2)", "ab"),
    ("LEFT('ab', 5)", "varchar(2)", "ab"),
    ("RIGHT('abcdef', 2)", "varchar(2)", "ef"),
    ("RIGHT(12345, 2)", "varchar(2)", "45"),
    ("SUBSTRING('abcdef', 2, 3)", "varchar(3)", "bcd"),
    ("SUBSTRING('abcdef', 0, 3)", "varchar(3)", "ab"),
    ("SUBSTRING('abcdef', -1, 3)", "varchar(3)", "a"),
    ("SUBSTRING('abcdef', 5, 10)", "varchar(6)", "ef"),
    ("SUBSTRING('abcdef', 9, 2)", "varchar(2)", ""),
    ("LTRIM('  a ')", "varchar(4)", "a "),
    ("RTRIM('  a ')", "varchar(4)", "  a"),
    ("TRIM('  a ')", "varchar(4)", "a"),
    ("TRIM('.,! ' FROM '  #  test  .')", "varchar(12)", "#  test"),
    ("UPPER('aBc')", "varchar(3)", "ABC"),
    ("LOWER(N'aBc')", "nvarchar(3)", "abc"),
    ("REPLACE('abcdefghicde', 'cde', 'xxx')", "varchar(8000)", "abxxxfghixxx"),
    ("REPLACE('abCDe', 'cd', '-')", "varchar(8000)", "ab-e"),
    ("REPLACE('a.b.c', '.', '\\')", "varchar(8000)", "a\\b\\c"),
    ("REPLACE('abc', '', 'x')", "varchar(8000)", "abc"),
    ("REPLACE('abc', NULL, 'x')", "varchar(8000)", "NULL"),
    ("CHARINDEX('B', 'abcb')", "int", "2"),
    ("CHARINDEX('b', 'abcb', 3)", "int", "4"),
    ("CHARINDEX('x', 'abc')", "int", "0"),
    ("CHARINDEX('', 'abc')", "int", "0"),
    ("CHARINDEX('a', NULL)", "int", "NULL"),
    ("STUFF('abcdef', 2, 3, 'ijklmn')", "varchar(8000)", "aijklmnef"),
    ("STUFF('abcdef', 2, 3, NULL)", "varchar(8000)", "aef"),
    ("STUFF('abcdef', 0, 1, 'x')", "varchar(8000)", "NULL"),
    ("STUFF('abcdef', 7, 1, 'x')", "varchar(8000)", "NULL"),
    ("REVERSE('abc')", "varchar(3)", "cba"),
    ("REPLICATE('0', 4)", "varchar(8000)", "0000"),
    ("REPLICATE('ab', -1)", "varchar(8000)", "NULL"),
    ("SPACE(2) + 'x'", "varchar(8000)", "  x"),
    ("CHAR(65)", "char(1)", "A"),
    ("CHAR(256)", "char(1)", "NULL"),
    ("NCHAR(233)", "nchar(1)", "é"),
    ("ASCII('A')", "int", "65"),
    ("UNICODE(N'é')", "int", "233"),
    ("CONCAT('a', NULL, 'b')", "varchar(3)", "ab"),
    ("CONCAT('Happy ', 'Birthday ', 11, '/', '25')", "varchar(29)", "Happy Birthday 11/25"),
    ("CONCAT_WS(',', 'a', NULL, 'b')", "varchar(5)", "a,b"),
    ("QUOTENAME('abc]def')", "nvarchar(258)", "[abc]]def]"),
    ("HASHBYTES('MD5', 'abc')", "varbinary(8000)", "0x900150983CD24FB0D6963F7D28E17F72"),
    ("HASHBYTES('SHA1', 'abc')", "varbinary(8000)", "0xA9993E364706816ABA3E25717850C26C9CD0D89D"),
    (
        "HASHBYTES('SHA2_256', 'abc')",
        "varbinary(8000)",
        "0xBA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
    ),
    # ISNULL takes the first one's type and cuts; COALESCE the type of highest precedence
    ("ISNULL(CAST(NULL AS varchar(2)), 'abcd')", "varchar(2)", "ab"),
    ("ISNULL(NULL, 'abcd')", "varchar(4)", "abcd"),
    ("ISNULL(CAST(NULL AS int), 2.7)", "int", "2"),
    ("COALESCE(CAST(NULL AS varchar(2)), 'abcd')", "varchar(4)", "abcd"),
    ("COALESCE(NULL, 1, 2.5)", "decimal(11,1)", "1.0"),
    ("COALESCE('5', 1)", "int", "5"),
    ("NULLIF(4, 4)", "int", "NULL"),
    ("NULLIF('a', 'A ')", "varchar(1)", "NULL"),
    ("NULLIF(5, 4.0)", "int", "5"),
    ("IIF(1 > 2, 'a', N'bcd')", "nvarchar(3)", "bcd"),
    ("IIF(NULL = 1, 1, 2.5)", "decimal(11,1)", "2.5"),
    ("CHOOSE(3, 'Manager', 'Director', 'Developer')", "varchar(9)", "Developer"),
    ("CHOOSE(4, 'a', 'b')", "varchar(1)", "NULL"),
    ("CASE WHEN 1 = 2 THEN 'a' END", "varchar(1)", "NULL"),
    ("CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'bc' ELSE 'd' END", "varchar(2)", "bc"),
    ("CASE WHEN 1 = 1 THEN 1 ELSE 2.55 END", "decimal(12,2)", "1.00"),
    ("CASE WHEN 1 = 1 THEN CAST(1 AS decimal(9,2)) ELSE 0 END", "decimal(12,2)", "1.00"),
    ("CASE WHEN 1 = 1 THEN CAST(1 AS int) ELSE CAST(0.5 AS decimal(3,2)) END", "decimal(12,2)", "1.00"),
    ("CASE WHEN 1 = 1 THEN '2024-01-02' ELSE CAST('2024-01-01' AS date) END", "date", "2024-01-02"),
    ("CASE WHEN 1 = 1 THEN NULL ELSE CAST(1 AS bigint) END", "bigint", "NULL"),
]

TRUE = [
    "'a[b' LIKE 'a[[]b' AND 'a%b' LIKE 'a[%]b' AND NOT 'axb' LIKE 'a[[]b'",
    "'abc' = 'ABC'",
    "'abc' = 'abc   '",
    "N'abc' = 'ABC  '",
    "'' = '   '",
    "' a' <> 'a'",
    "'é' <> 'e'",
    "'É' = 'é'",
    "'a' < 'B'",
    "'B' > 'a'",
    "'a' >= 'A'",
    "'Z' BETWEEN 'a' AND 'z'",
    "'b' NOT BETWEEN 'C' AND 'd'",
    "'A' IN ('a', 'b')",
    "'x' NOT IN ('a', 'b')",
    "'_' < '0'",
    "'9' < 'a'",
    "'a b' < 'aa'",
    # of SQL collations and Windows collations, the reference's own example
    "'a-c' < 'ab'",
    "N'a-c' > N'ab'",
    "N'coop' < N'co-op'",
    "N'é' > N'e'",
    "N'éa' < N'eb'",
    "'10' < 9 + 2",
    "5 = '5'",
    "1.0 = 1",
    "CAST(1 AS bit) = 1",
    "CAST(1 AS bit) = 'true'",
    "0x0100 = 0x01",
    "CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier) = '6f9619ff-8b86-d011-b42d-00c04fc964ff'",
    "NULL IS NULL",
    "'a' IS NOT NULL",
    "NOT (1 = 2)",
    "1 = 1 AND (2 = 3 OR 4 = 4)",
    "1 != 2",
    "2 !< 2",
    "2 !> 2",
    # LIKE
    "'abc' LIKE 'A%'",
    "'abc' LIKE '_B_'",
    "'abc' LIKE 'abc'",
    "'abc' LIKE '%'",
    "'abc' NOT LIKE 'b%'",
    "'abc  ' LIKE 'abc'",
    "'abc ' LIKE 'abc '",
    "'abc' NOT LIKE 'abc '",
    "N'abc ' NOT LIKE N'abc'",
    "'5%' LIKE '5[%]'",
    "'_n' LIKE '[_]n'",
    "'b' LIKE '[a-c]'",
    "'B' LIKE '[a-c]'",
    "'d' LIKE '[^a-c]'",
    "'5' LIKE '[0-9]'",
    "'a-' LIKE 'a[-]'",
    "'50%' LIKE '50!%' ESCAPE '!'",
    "'500' NOT LIKE '50!%' ESCAPE '!'",
    "'a.c' LIKE 'a.c'",
    "'abc' NOT LIKE 'a.c'",
    "'a\nb' LIKE 'a%b'",
    "'abc' LIKE 'a' + '%'",
    "'abc ' LIKE 'ab' + 'c'",
]

UNKNOWN = [
    "NULL = NULL",
    "NULL <> 1",
    "1 IN (2, NULL)",
    "1 NOT IN (2, NULL)",
    "'a' LIKE NULL",
    "NOT (NULL = 1)",
    "NULL BETWEEN 1 AND 2",
]

ERRORS = [
    ("CONVERT(varbinary(8), '4E61', 1)", 8114),
    ("LEFT('abc', -1)", 537),
    ("SUBSTRING('abc', 1, -1)", 537),
    ("RIGHT('abc', -1)", 536),
    ("CAST('nope' AS uniqueidentifier)", 8169),
    ("CAST(123.456 AS varchar(3))", 8115),
    ("COALESCE(NULL, NULL)", 4127),
    ("CASE WHEN 1 = 1 THEN NULL ELSE NULL END", 8133),
    ("CASE WHEN 1 = 1 THEN 'a' ELSE 1 END", 245),
    ("'a' - 'b'", 402),
    ("LEN()", 174),
    ("LEFT('abc')", 174),
]

REFUSED_BY_VALUE = [
    "ISNUMERIC('$') = 1",
    "ISNUMERIC('1,000') = 1",
    "ISNUMERIC('1e') = 1",
    "N'日本' + N'' = N'日本'",
    "N'ß' = N'ss'",
    "'Ä' < 'B'",
    "N'æ' < N'b'",
]


@pytest.fixture(scope="module")
def database():
    return Database()


@pytest.mark.parametrize(("text", "type_", "value"), VALUES)
def test_text_has_the_documented_type_and_value(database, text, type_, value):
    assert database.expression(text) == (type_, value)


@pytest.mark.parametrize("text", TRUE)
def test_a_condition_on_text_holds(database, text):
    assert database.holds(text) is True


@pytest.mark.parametrize("text", UNKNOWN)
def test_a_condition_with_null_is_unknown(database, text):
    assert database.holds(text) is None


@pytest.mark.parametrize(("text", "number"), ERRORS)
def test_text_that_cannot_be_is_sql_servers_error(database, text, number):
    with pytest.raises(TSqlError) as raised:
        database.expression(text)
    assert raised.value.number == number


@pytest.mark.parametrize("text", REFUSED_BY_VALUE)
def test_text_whose_weight_is_not_established_is_refused_when_it_is_met(database, text):
    with pytest.raises(UnsupportedTSql, match="text"):
        database.run(f"SELECT 1 AS one WHERE {text}")
