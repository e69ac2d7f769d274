"""Statements that write, and those that define tables: what they leave behind, and what they refuse."""

from datetime import date, datetime
from decimal import Decimal as D

import pytest

from recon_assets.tsql import syntax
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets.tsql.model import CreateTable, DropTable, TableName, Truncate
from recon_assets.tsql.translator import Translator
from recon_assets_tests.tsql.leaf.harness import Database


def database() -> Database:
    db = Database({"@id": ("int", 1), "@text": ("varchar(3)", None), "@total": ("decimal(9,2)", None)})
    db.run(
        "CREATE TABLE t (id int NOT NULL PRIMARY KEY, name varchar(5) NULL, code char(3), amount decimal(9,2)"
        " DEFAULT 7, day date, at datetime DEFAULT GETDATE())"
    )
    db.run("INSERT INTO t (id, name, amount) VALUES (1, 'one', 1.5), (2, 'two', 2.5), (3, NULL, NULL)")
    db.run("CREATE TABLE u (id int, name nvarchar(20), amount decimal(9,2))")
    db.run("INSERT INTO u VALUES (1, N'ONE', 10), (2, N'TWO', 20), (9, N'nine', 90)")
    return db


WRITES = [
    # INSERT
    (
        "INSERT INTO t (id) VALUES (4)",
        1,
        "SELECT id, amount, at FROM t WHERE id = 4",
        [(4, D("7.00"), datetime(2024, 7, 31, 12, 34, 56, 790000))],
    ),
    (
        "INSERT t (id, amount) VALUES (4, DEFAULT), (5, NULL)",
        2,
        "SELECT id, amount FROM t WHERE id > 3 ORDER BY id",
        [(4, D("7.00")), (5, None)],
    ),
    ("INSERT INTO t (id, code) VALUES (4, 'ab')", 1, "SELECT DATALENGTH(code) FROM t WHERE id = 4", [(3,)]),
    (
        "INSERT INTO t (id, amount) VALUES (4, 2.345), (5, -2.345)",
        2,
        "SELECT amount FROM t WHERE id > 3 ORDER BY id",
        [(D("2.35"),), (D("-2.35"),)],
    ),
    ("INSERT INTO t (id, name) VALUES (4, 'abcde   ')", 1, "SELECT LEN(name) FROM t WHERE id = 4", [(5,)]),
    ("INSERT INTO t (id, name) VALUES (4, 12345)", 1, "SELECT name FROM t WHERE id = 4", [("12345",)]),
    (
        "INSERT INTO t (id, day) VALUES (4, '20240731'), (5, '')",
        2,
        "SELECT day FROM t WHERE id > 3 ORDER BY id",
        [(date(2024, 7, 31),), (date(1900, 1, 1),)],
    ),
    ("INSERT INTO t (id, day) SELECT 4, NULL", 1, "SELECT day FROM t WHERE id = 4", [(None,)]),
    (
        "INSERT INTO t (id, amount) SELECT id + 10, amount FROM u WHERE id < 9",
        2,
        "SELECT id, amount FROM t WHERE id > 3 ORDER BY id",
        [(11, D("10.00")), (12, D("20.00"))],
    ),
    ("WITH c AS (SELECT 5 AS id) INSERT INTO t (id) SELECT id FROM c", 1, "SELECT COUNT(*) FROM t", [(4,)]),
    (
        "INSERT INTO u SELECT TOP 1 id, name, amount FROM t ORDER BY id DESC",
        1,
        "SELECT id FROM u ORDER BY id",
        [(1,), (2,), (3,), (9,)],
    ),
    ("INSERT INTO t (id) SELECT id FROM u WHERE 1 = 2", 0, "SELECT COUNT(*) FROM t", [(3,)]),
    # UPDATE
    (
        "UPDATE t SET amount = amount * 2, name = 'x' WHERE id <= 2",
        2,
        "SELECT id, name, amount FROM t ORDER BY id",
        [(1, "x", D("3.00")), (2, "x", D("5.00")), (3, None, None)],
    ),
    ("UPDATE t SET name = NULL WHERE id = @id", 1, "SELECT id FROM t WHERE name IS NULL ORDER BY id", [(1,), (3,)]),
    ("UPDATE t SET id = id + 1", 3, "SELECT id FROM t ORDER BY id", [(2,), (3,), (4,)]),
    (
        "UPDATE a SET a.amount = b.amount FROM t a INNER JOIN u b ON a.name = b.name",
        2,
        "SELECT id, amount FROM t ORDER BY id",
        [(1, D("10.00")), (2, D("20.00")), (3, None)],
    ),
    (
        "UPDATE t SET amount = u.amount FROM t JOIN u ON u.id = t.id WHERE u.amount > 10",
        1,
        "SELECT amount FROM t ORDER BY id",
        [(D("1.50"),), (D("20.00"),), (None,)],
    ),
    ("UPDATE t SET amount = 0 FROM t CROSS JOIN u", 3, "SELECT SUM(amount) FROM t", [(D("0.00"),)]),
    (
        "WITH c AS (SELECT MAX(amount) AS m FROM u) UPDATE t SET amount = (SELECT m FROM c)",
        3,
        "SELECT MIN(amount) FROM t",
        [(D("90.00"),)],
    ),
    (
        "UPDATE t SET amount = (SELECT SUM(u.amount) FROM u WHERE u.id = t.id)",
        3,
        "SELECT amount FROM t ORDER BY id",
        [(D("10.00"),), (D("20.00"),), (None,)],
    ),
    # DELETE
    ("DELETE FROM t WHERE id = 2", 1, "SELECT id FROM t ORDER BY id", [(1,), (3,)]),
    ("DELETE t", 3, "SELECT COUNT(*) FROM t", [(0,)]),
    ("DELETE a FROM t a JOIN u b ON a.id = b.id WHERE b.amount = 10", 1, "SELECT id FROM t ORDER BY id", [(2,), (3,)]),
    (
        "DELETE FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.id = t.id)",
        1,
        "SELECT id FROM t ORDER BY id",
        [(1,), (2,)],
    ),
    ("WITH c AS (SELECT id FROM u) DELETE FROM t WHERE id IN (SELECT id FROM c)", 2, "SELECT id FROM t", [(3,)]),
    # MERGE
    (
        "MERGE INTO t AS tg USING u AS s ON tg.id = s.id WHEN MATCHED THEN UPDATE SET tg.amount = s.amount"
        " WHEN NOT MATCHED BY TARGET THEN INSERT (id, amount) VALUES (s.id, s.amount)"
        " WHEN NOT MATCHED BY SOURCE THEN DELETE;",
        4,
        "SELECT id, amount FROM t ORDER BY id",
        [(1, D("10.00")), (2, D("20.00")), (9, D("90.00"))],
    ),
    (
        "MERGE t USING (SELECT 2 AS id UNION ALL SELECT 7) AS s ON t.id = s.id WHEN MATCHED AND t.amount > 2 THEN DELETE"
        " WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, 'new');",
        2,
        "SELECT id, name, amount FROM t ORDER BY id",
        [(1, "one", D("1.50")), (3, None, None), (7, "new", D("7.00"))],
    ),
    (  # an error in one clause's values concerns only the rows that clause is for
        "MERGE t USING u ON t.id = u.id WHEN MATCHED AND u.id = 1 THEN UPDATE SET amount = 10 / (u.id)"
        " WHEN MATCHED THEN UPDATE SET amount = 10 / (u.id - 1) WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (u.id, 9 / (u.id - 2));",
        3,
        "SELECT id, amount FROM t ORDER BY id",
        [(1, D("10.00")), (2, D("10.00")), (3, None), (9, D("1.00"))],
    ),
    (
        "WITH s AS (SELECT 1 AS id) MERGE t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = 'm';",
        1,
        "SELECT name FROM t WHERE id = 1",
        [("m",)],
    ),
    (
        "UPDATE t SET amount += 1, name += 'x' WHERE id = 2",
        1,
        "SELECT name, amount FROM t WHERE id = 2",
        [("twox", D("3.50"))],
    ),
    ("UPDATE t SET amount -= id * 2 + 1 WHERE id = 1", 1, "SELECT amount FROM t WHERE id = 1", [(D("-1.50"),)]),
    ("UPDATE t SET amount = DEFAULT WHERE id = 1", 1, "SELECT amount FROM t WHERE id = 1", [(D("7.00"),)]),
    ("DELETE FROM x FROM t AS x JOIN t AS y ON y.id = x.id + 1", 2, "SELECT id FROM t", [(3,)]),
    ("DELETE TOP (3) FROM t WHERE id > 1", 2, "SELECT id FROM t", [(1,)]),
    ("UPDATE TOP (5) t SET name = 'n'", 3, "SELECT DISTINCT name FROM t", [("n",)]),
    ("INSERT INTO t WITH (TABLOCK) (id) VALUES (8)", 1, "SELECT COUNT(*) FROM t", [(4,)]),
    (
        "WITH c AS (SELECT id, ROW_NUMBER() OVER (ORDER BY id DESC) AS n FROM t) DELETE FROM c WHERE n > 1",
        2,
        "SELECT id FROM t",
        [(3,)],
    ),
    (
        "WITH c AS (SELECT *, SUM(id) OVER () AS total FROM t AS x WHERE id > 1) UPDATE c SET amount = total WHERE id = 2",
        1,
        "SELECT id, amount FROM t ORDER BY id",
        [(1, D("1.50")), (2, D("5.00")), (3, None)],
    ),
]

ERRORS = [
    ("INSERT INTO t (id) VALUES (NULL)", 515, "Cannot insert the value NULL into column 'id', table 'dbo.t'"),
    ("INSERT INTO t (name) VALUES ('x')", 515, "column 'id'"),
    ("UPDATE t SET id = NULL", 515, "UPDATE fails"),
    ("INSERT INTO t (id, name) VALUES (4, 'abcdef')", 2628, "Truncated value: 'abcde'"),
    ("INSERT INTO t (id, code) SELECT 4, 'abcd'", 2628, "table 'dbo.t', column 'code'"),
    ("UPDATE t SET name = 'abcdef'", 2628, "column 'name'"),
    ("INSERT INTO t (id) VALUES (1)", 2627, "dbo.t"),
    ("INSERT INTO t (id) VALUES (5), (5)", 2627, "value is (5)"),
    ("UPDATE t SET id = 1", 2627, "PRIMARY KEY"),
    ("INSERT INTO t (id, amount) VALUES (4, 12345678)", 8115, "overflow"),
    ("INSERT INTO t (id) VALUES ('x')", 245, "'x'"),
    ("INSERT INTO t (id, day) VALUES (4, 5)", 206, "int is incompatible with date"),
    ("INSERT INTO t (id, day) VALUES (4, 'nope')", 241, "date"),
    ("INSERT INTO t (nope) VALUES (1)", 207, "nope"),
    ("INSERT INTO nope VALUES (1)", 208, "nope"),
    ("INSERT INTO t (id, id) VALUES (1, 2)", 264, "id"),
    ("INSERT INTO t VALUES (1)", 213, "does not match table definition"),
    ("INSERT INTO t SELECT 1, 'x'", 213, "does not match table definition"),
    ("INSERT INTO t (id, name) VALUES (1)", 109, "more columns"),
    ("INSERT INTO t (id) VALUES (1, 2)", 110, "fewer columns"),
    ("INSERT INTO t (id, name) SELECT 1", 120, "fewer items"),
    ("INSERT INTO t (id) SELECT 1, 2", 121, "more items"),
    ("INSERT INTO t (id) SELECT 1 / (id - 1) FROM u", 8134, "Divide by zero"),
    ("UPDATE t SET nope = 1", 207, "nope"),
    (
        "MERGE t USING (SELECT 1 AS id UNION ALL SELECT 1) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = 'x';",
        8672,
        "same row more than once",
    ),
    ("CREATE TABLE x (a int, A int)", 2705, "unique"),
    ("CREATE TABLE x (a int PRIMARY KEY, b int PRIMARY KEY)", 8110, "PRIMARY KEY"),
    ("SELECT @id = 1, 2", 141, "data-retrieval"),
    ("SELECT 1 INTO x", 8155, "column 1"),
]


@pytest.mark.parametrize(("text", "count", "query", "rows"), WRITES)
def test_a_statement_writes_what_it_says(text, count, query, rows):
    db = database()
    assert db.run(text) == count
    assert db.run(query) == rows


@pytest.mark.parametrize(("text", "number", "told"), ERRORS)
def test_a_statement_that_fails_tells_why_and_changes_nothing(text, number, told):
    db = database()
    before = db.run("SELECT * FROM t ORDER BY id")
    with pytest.raises(TSqlError, match="(?s)" + told.replace("(", r"\(").replace(")", r"\)")) as raised:
        db.run(text)
    assert raised.value.number == number
    assert db.run("SELECT * FROM t ORDER BY id") == before


def test_keys_of_text_are_duplicates_whatever_their_case():
    db = Database()
    db.run("CREATE TABLE k (name varchar(10) PRIMARY KEY)")
    with pytest.raises(TSqlError) as raised:
        db.run("INSERT INTO k VALUES ('abc'), ('ABC ')")
    assert raised.value.number == 2627


def test_a_unique_column_takes_one_null_only():
    db = Database()
    db.run("CREATE TABLE k (a int UNIQUE)")
    db.run("INSERT INTO k VALUES (NULL)")
    with pytest.raises(TSqlError) as raised:
        db.run("INSERT INTO k VALUES (NULL)")
    assert raised.value.number == 2627


def test_identity_numbers_the_rows_and_takes_no_value():
    db = Database()
    db.run("CREATE TABLE k (id int IDENTITY(10, 5) PRIMARY KEY, a varchar(2))")
    db.run("INSERT INTO k VALUES ('a'), ('b')")
    db.run("INSERT INTO k (a) SELECT 'c'")
    assert db.run("SELECT id, a FROM k ORDER BY id") == [(10, "a"), (15, "b"), (20, "c")]
    for text, number in (("INSERT INTO k (id, a) VALUES (1, 'x')", 544), ("UPDATE k SET id = 1", 8102)):
        with pytest.raises(TSqlError) as raised:
            db.run(text)
        assert raised.value.number == number


def test_default_values_fill_a_row():
    db = Database()
    db.run("CREATE TABLE k (a int DEFAULT (1 + 1), b varchar(5) DEFAULT 'x', c int)")
    assert db.run("INSERT INTO k DEFAULT VALUES") == 1
    assert db.run("SELECT a, b, c FROM k") == [(2, "x", None)]


def test_an_update_from_several_rows_is_refused_where_they_differ():
    db = database()
    db.run("INSERT INTO u VALUES (1, N'again', 10)")
    assert db.run("UPDATE t SET amount = u.amount FROM t JOIN u ON u.id = t.id") == 2
    with pytest.raises(UnsupportedTSql, match="several different values for one row of t"):
        db.run("UPDATE t SET name = LEFT(u.name, 5) FROM t JOIN u ON u.id = t.id")


@pytest.mark.parametrize("text", ["DELETE TOP (2) FROM t", "UPDATE TOP (2) t SET name = 'n'"])
def test_a_top_that_leaves_rows_out_is_refused_for_which_ones_is_open(text):
    db = database()
    with pytest.raises(UnsupportedTSql, match="less than the rows there are"):
        db.run(text)
    assert db.run("SELECT COUNT(*) FROM t") == [(3,)]


def test_an_assignment_takes_the_last_row_and_no_row_leaves_all():
    db = database()
    assert db.run("SELECT @id = id, @text = name FROM t ORDER BY id") == {"@id": 3, "@text": None}
    assert db.run("SELECT @text = 'abcdef'") == {"@text": "abc"}
    assert db.run("SELECT @total = SUM(amount) FROM t") == {"@total": D("4.00")}
    assert db.run("SELECT @id = id FROM t WHERE 1 = 2") == {}


def test_select_into_makes_a_table_of_the_querys_types():
    db = database()
    db.run("SELECT id, amount * 2 AS twice, UPPER(name) AS name, GETDATE() AS at INTO #new FROM t WHERE id < 3")
    assert [(c.name, str(c.type)) for c in db.tables["#new"].columns] == [
        ("id", "int"),
        ("twice", "decimal(11,2)"),
        ("name", "varchar(5)"),
        ("at", "datetime"),
    ]
    assert db.run("SELECT id, twice, name FROM #new ORDER BY id") == [(1, D("3.00"), "ONE"), (2, D("5.00"), "TWO")]
    db.run("DROP TABLE IF EXISTS #new, #other")
    assert "#new" not in db.tables


def test_a_table_definition_is_read_whole():
    text = (
        "CREATE TABLE [dbo].[my table] (id bigint IDENTITY NOT NULL, [a b] nvarchar(max) NULL, c numeric(5,2) NOT NULL DEFAULT 0,"
        " d datetime2(3), CONSTRAINT [pk] PRIMARY KEY CLUSTERED (id, c DESC), CONSTRAINT uq UNIQUE NONCLUSTERED (d))"
    )
    made = Translator(Database(), {}).statement(syntax.parse_statement(text))
    assert isinstance(made, CreateTable)
    assert made.name == TableName("my table", "dbo")
    assert [(c.name, str(c.type), c.nullable) for c in made.columns] == [
        ("id", "bigint", False),
        ("a b", "nvarchar(max)", True),
        ("c", "decimal(5,2)", False),
        ("d", "datetime2(3)", True),
    ]
    assert (made.primary_key, made.unique) == (("id", "c"), (("id", "c"), ("d",)))
    assert (made.columns[0].identity.seed, made.columns[0].identity.increment) == (1, 1)


def test_truncate_and_drop_name_their_tables():
    db = database()
    translator = Translator(db, {})
    truncate = translator.statement(syntax.parse_statement("TRUNCATE TABLE dbo.t"))
    assert isinstance(truncate, Truncate)
    assert truncate.target.relation == '"t"'
    drop = translator.statement(syntax.parse_statement("DROP TABLE dbo.t, #x"))
    assert drop == DropTable((TableName("t", "dbo"), TableName("#x")), False)
