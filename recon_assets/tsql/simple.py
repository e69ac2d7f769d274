"""The statements that hold no others: DECLARE, SET, THROW, RAISERROR, RETURN, PRINT, COMMIT, ROLLBACK; CREATE and
TRUNCATE TABLE, which sqlglot's parser would let swallow what follows.

Belongs here: the form of each, read at a cursor. Does not belong here: what nests (`parser`), procedures and
EXEC (`procedures`), what the statements do (`interpreter`).
"""

from sqlglot import exp

from recon_assets.tsql import options, syntax
from recon_assets.tsql.control import (
    Assign,
    Commit,
    Declare,
    DeclareTable,
    Harmless,
    Leaf,
    Print,
    RaiseError,
    Return,
    Rollback,
    Statement,
    Throw,
)
from recon_assets.tsql.cursor import Cursor
from recon_assets.tsql.errors import TSqlError

THROW_OUTSIDE_CATCH = 10704
VARIABLE_DECLARED_TWICE = 134

_NO_CURSORS = "cursors: use set-based statements"


def throw(cursor: Cursor, *, in_handler: bool) -> Throw:
    line = cursor.take().line
    if cursor.at_end or cursor.word() in (";", "END", "ELSE") or cursor.word() in syntax.RESERVED:
        if not in_handler:
            raise TSqlError(
                THROW_OUTSIDE_CATCH,
                "To rethrow an error, a THROW statement must be used inside a CATCH block.",
                15,
                line=line,
            )
        return Throw(line, None)
    number = cursor.expression()
    cursor.expect(",")
    message = cursor.expression()
    cursor.expect(",")
    return Throw(line, (number, message, cursor.expression()))


def raise_error(cursor: Cursor) -> RaiseError:
    line = cursor.take().line
    if not cursor.accept("("):
        raise cursor.unsupported("RAISERROR without parentheses", "use THROW or RAISERROR (…)")
    parts = [cursor.expression()]
    while cursor.accept(","):
        parts.append(cursor.expression())
    cursor.expect(")")
    if len(parts) < 3:
        raise cursor.syntax_error("RAISERROR needs a message, a severity and a state.")
    if isinstance(parts[0], exp.Literal) and not parts[0].is_string:
        raise cursor.unsupported("RAISERROR of a message number", "sys.messages: give the text")
    options = []
    if cursor.accept("WITH"):
        options.append(cursor.take().text.upper())
        while cursor.accept(","):
            options.append(cursor.take().text.upper())
    for option in options:
        if option not in ("NOWAIT", "LOG", "SETERROR"):
            raise cursor.syntax_error("RAISERROR's options are LOG, NOWAIT and SETERROR.")
    return RaiseError(line, parts[0], parts[1], parts[2], tuple(parts[3:]), "SETERROR" in options)


def return_statement(cursor: Cursor) -> Return:
    line = cursor.take().line
    word = cursor.word()
    bare = cursor.at_end or word == ";" or word == "THROW" or word in syntax.RESERVED - {"CASE", "COALESCE", "NULL"}
    return Return(line, None if bare else cursor.expression())


def print_statement(cursor: Cursor) -> Print:
    line = cursor.take().line
    return Print(line, cursor.expression())


def commit(cursor: Cursor) -> Commit:
    line = cursor.take().line
    if cursor.accept_any("TRAN", "TRANSACTION"):
        transaction_name(cursor)  # has no effect on COMMIT
    else:
        cursor.accept("WORK")
    return Commit(line)


def rollback(cursor: Cursor) -> Rollback:
    line = cursor.take().line
    if cursor.accept_any("TRAN", "TRANSACTION"):
        return Rollback(line, transaction_name(cursor))
    cursor.accept("WORK")
    return Rollback(line, None)


def transaction_name(cursor: Cursor) -> str | None:
    if cursor.at_variable:
        raise cursor.unsupported("transaction name in a variable", "write the name itself")
    if cursor.at_end or cursor.word() in (";", "WITH") or cursor.word() in syntax.RESERVED:
        return None
    return cursor.name().lower()


def declare(cursor: Cursor) -> list[Statement]:
    line = cursor.take().line
    if not cursor.at_variable:
        raise cursor.unsupported("DECLARE … CURSOR", _NO_CURSORS)
    found: list[Statement] = []
    while True:
        name = cursor.variable()
        if name in cursor.variables:
            text = f'The variable name "{name}" has already been declared.'
            raise TSqlError(VARIABLE_DECLARED_TWICE, text, 15, line=cursor.line)
        cursor.accept("AS")
        if cursor.accept("TABLE"):
            found.append(DeclareTable(line, _new_table(cursor, f"[{name}]")))
        elif cursor.word() == "CURSOR":
            raise cursor.unsupported("DECLARE … CURSOR", _NO_CURSORS)
        else:
            type_ = cursor.type()
            value = cursor.expression() if cursor.accept("=") else None
            found.append(Declare(line, name, type_, value))
        cursor.variables.add(name)
        if not cursor.accept(","):
            return found


def _new_table(cursor: Cursor, name: str) -> exp.Expression:
    """The CREATE TABLE of the columns in the parenthesis at the cursor, at its place in the file."""
    text = "\n" * (cursor.line - 1) + f"CREATE TABLE {name} {cursor.parentheses()}"
    return syntax.parse_statement(text, cursor.file)


def truncate(cursor: Cursor) -> Leaf:
    line = cursor.line
    cursor.expect("TRUNCATE", "TABLE")
    text = "\n" * (line - 1) + f"TRUNCATE TABLE {cursor.name()}"
    if cursor.word() == "WITH":
        raise cursor.unsupported("TRUNCATE TABLE … WITH")
    return Leaf(line, syntax.parse_statement(text, cursor.file))


def update_statistics(cursor: Cursor) -> Harmless | None:
    """UPDATE STATISTICS, which changes no rows; None where the UPDATE has another form."""
    line = cursor.line
    if not cursor.accept("UPDATE", "STATISTICS"):
        return None
    cursor.name()
    if cursor.word() == "(":
        cursor.parentheses()
    elif cursor.at_name:
        cursor.name()
    if cursor.accept("WITH") and not cursor.accept_any("FULLSCAN", "RESAMPLE", "NORECOMPUTE"):
        raise cursor.unsupported(f"UPDATE STATISTICS … WITH {cursor.word()}")
    return Harmless(line)


def create_index(cursor: Cursor) -> Harmless | None:
    """CREATE INDEX, which changes no rows; None where CREATE has another form, as an index that is UNIQUE."""
    kinds = 1
    while cursor.word(kinds) in ("CLUSTERED", "NONCLUSTERED", "COLUMNSTORE"):
        kinds += 1
    if cursor.word(kinds) != "INDEX":
        return None
    line = cursor.line
    cursor.take_text(kinds + 1)
    cursor.name()
    cursor.expect("ON")
    cursor.name()
    while cursor.word() == "(" or cursor.accept_any("INCLUDE", "WITH"):
        cursor.parentheses()
    if cursor.word() == "WHERE":
        raise cursor.unsupported("CREATE INDEX … WHERE")
    if cursor.accept("ON"):
        cursor.name()
    return Harmless(line)


def create_table(cursor: Cursor) -> Leaf:
    """CREATE TABLE with columns, or Synapse's CREATE TABLE … AS SELECT, which is SELECT … INTO by another name.

    How the table would be stored and distributed (WITH, ON) has no meaning here and is passed over.
    """
    line = cursor.line
    cursor.expect("CREATE", "TABLE")
    name = cursor.name()
    if cursor.word() == "(":
        tree = _new_table(cursor, name)
        _pass_over_storage(cursor)
        return Leaf(line, tree)
    _pass_over_storage(cursor)
    cursor.expect("AS")
    query = cursor.leaf()
    if not isinstance(query, exp.Query):
        raise cursor.unsupported("CREATE TABLE … AS what is no SELECT")
    if not isinstance(query, exp.Select):
        query = exp.Select(expressions=[exp.Star()]).from_(query.subquery("rows"))
    into = syntax.parse_statement(f"SELECT 1 AS a INTO {name}", cursor.file).args["into"]
    query.set("into", into)
    return Leaf(line, query)


def _pass_over_storage(cursor: Cursor) -> None:
    if cursor.accept("WITH"):
        cursor.parentheses()
    if cursor.accept("ON"):
        cursor.name()


def set_statement(cursor: Cursor) -> list[Statement]:
    line = cursor.take().line
    if not cursor.at_variable:
        return options.read(cursor, line)
    name = cursor.variable()
    cursor.require_declared(name)
    operator = next((sign for sign in syntax.COMPOUND if cursor.accept(sign)), None)
    if not cursor.accept("="):
        raise cursor.unsupported(f"SET {name}{cursor.word()}…", "only = and compound assignment are")
    value = cursor.expression()
    if operator:
        variable = exp.Parameter(this=exp.Var(this=name[1:]))
        value = syntax.COMPOUND[operator](this=variable, expression=exp.Paren(this=value))
    return [Assign(line, name, value)]
