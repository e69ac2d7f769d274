"""The statements about procedures: CREATE/ALTER/DROP PROCEDURE, EXEC, INSERT … EXEC.

Belongs here: the form of each, read at a cursor, and the refusal of other definitions and of dynamic SQL.
Does not belong here: a procedure's body (`parser`), or calling one (`interpreter`).
"""

from sqlglot import exp

from recon_assets.tsql import syntax
from recon_assets.tsql.control import (
    Argument,
    DropProcedure,
    Execute,
    InsertExecute,
    ProcedureHeader,
    ProcedureParameter,
    Statement,
)
from recon_assets.tsql.cursor import Cursor
from recon_assets.tsql.errors import TSqlError

NOT_FIRST_IN_BATCH = 111
MIXED_ARGUMENTS = 119
ROWS_OF_EXECUTE = "#rows of exec"
"""The temporary table that INSERT … EXEC collects the called procedure's rows in; no T-SQL text can name
it."""


def header(cursor: Cursor) -> ProcedureHeader | None:
    """Read CREATE [OR ALTER] or ALTER PROCEDURE up to and with AS; None where something else stands here."""
    for words in (("CREATE", "OR", "ALTER"), ("CREATE",), ("ALTER",)):
        if all(cursor.word(i) == word for i, word in enumerate(words)) and cursor.word(len(words)) in (
            "PROC",
            "PROCEDURE",
        ):
            for _ in range(len(words) + 1):
                cursor.take()
            break
    else:
        return None
    name = cursor.name()
    if cursor.word() == ";":
        raise cursor.unsupported("numbered procedures")
    parameters = _parameters(cursor)
    if cursor.accept("WITH") and not cursor.accept("RECOMPILE"):
        raise cursor.unsupported(f"PROCEDURE … WITH {cursor.word()}")
    if cursor.word() == "FOR":
        raise cursor.unsupported("PROCEDURE … FOR REPLICATION")
    cursor.expect("AS")
    return ProcedureHeader(name, parameters, may_exist=words != ("CREATE",), must_exist=words == ("ALTER",))


def _parameters(cursor: Cursor) -> tuple[ProcedureParameter, ...]:
    parenthesised = cursor.accept("(")
    found: list[ProcedureParameter] = []
    while cursor.at_variable:
        name = cursor.variable()
        cursor.accept("AS")
        type_ = cursor.type()
        default = cursor.constant() if cursor.accept("=") else None
        output = bool(cursor.accept_any("OUTPUT", "OUT"))
        if cursor.word() in ("READONLY", "VARYING"):
            raise cursor.unsupported(f"parameter {name} {cursor.word()}")
        found.append(ProcedureParameter(name, type_, default, output))
        cursor.variables.add(name)
        if not cursor.accept(","):
            break
    if parenthesised:
        cursor.expect(")")
    return tuple(found)


def refuse_definition(cursor: Cursor) -> None:
    """Refuse CREATE and ALTER of anything but a table; a procedure here stands in the wrong place."""
    words = [cursor.word(i) for i in range(4)]
    verb = words[0]
    kind = next((w for w in words[1:] if w not in ("OR", "ALTER", "UNIQUE", "CLUSTERED", "NONCLUSTERED")), "")
    if kind in ("PROC", "PROCEDURE"):
        text = "'CREATE/ALTER PROCEDURE' must be the first statement in a query batch."
        raise TSqlError(NOT_FIRST_IN_BATCH, text, 15, line=cursor.line)
    if verb == "ALTER" or kind != "TABLE":
        raise cursor.unsupported(f"{verb} {kind}".strip())


def drop(cursor: Cursor) -> DropProcedure | None:
    """Read DROP PROCEDURE; None where DROP TABLE stands here. Refuses every other DROP."""
    line = cursor.line
    kind = cursor.word(1)
    if kind == "TABLE":
        return None
    if kind not in ("PROC", "PROCEDURE"):
        raise cursor.unsupported(f"DROP {kind}")
    cursor.take()
    cursor.take()
    if_exists = cursor.accept("IF", "EXISTS")
    names = [cursor.name()]
    while cursor.accept(","):
        names.append(cursor.name())
    return DropProcedure(line, tuple(names), if_exists)


def execute(cursor: Cursor) -> Execute:
    """Read EXEC. Dynamic SQL and system procedures are refused."""
    line = cursor.line
    verb = cursor.take().text.upper()
    if cursor.word() == "(":
        raise cursor.unsupported(f"{verb}(…)", "dynamic SQL: write the statement itself")
    result = None
    if cursor.at_variable:
        if cursor.word(2) != "=":
            raise cursor.unsupported(f"{verb} @variable", "write the procedure's name itself")
        result = cursor.variable()
        cursor.require_declared(result)
        cursor.expect("=")
    return _call(cursor, line, result)


def execute_without_exec(cursor: Cursor) -> Execute | None:
    """A batch's first statement may call a procedure by its bare name."""
    word = cursor.word()
    if cursor.at_end or word in syntax.RESERVED or word == "THROW" or not cursor.at_name or cursor.word(1) == ":":
        return None
    return _call(cursor, cursor.line, None)


def _call(cursor: Cursor, line: int, result: str | None) -> Execute:
    name = cursor.name()
    last = name.rsplit(".", 1)[-1].strip('[]"').lower()
    if last == "sp_executesql":
        raise cursor.unsupported("sp_executesql", "dynamic SQL: write the statement itself")
    arguments = _arguments(cursor)
    if cursor.accept("WITH") and not cursor.accept("RECOMPILE"):
        raise cursor.unsupported(f"EXEC … WITH {cursor.word()}")
    return Execute(line, name, arguments, result)


def _arguments(cursor: Cursor) -> tuple[Argument, ...]:
    found: list[Argument] = []
    if cursor.at_end or cursor.word() == ";" or (cursor.word() in syntax.RESERVED - {"NULL", "DEFAULT"}):
        return ()
    while True:
        name = None
        if cursor.at_variable and cursor.word(2) == "=":
            name = cursor.variable()
            cursor.expect("=")
        elif found and found[-1].name:
            text = (
                f"Must pass parameter number {len(found) + 1} and subsequent parameters as '@name = value'. After"
                " the form '@name = value' has been used, all subsequent parameters must be passed in the form"
                " '@name = value'."
            )
            raise TSqlError(MIXED_ARGUMENTS, text, 15, line=cursor.line)
        found.append(_argument(cursor, name))
        if not cursor.accept(","):
            return tuple(found)


def _argument(cursor: Cursor, name: str | None) -> Argument:
    if cursor.accept("DEFAULT"):
        return Argument(name, None)
    value = cursor.constant()
    if cursor.accept_any("OUTPUT", "OUT"):
        if not isinstance(value, exp.Parameter):
            raise cursor.syntax_error("OUTPUT needs a variable.")
        return Argument(name, value, output=f"@{value.name.lower()}")
    if not isinstance(value, exp.Parameter | exp.Literal | exp.Neg | exp.Null | exp.HexString | exp.National):
        raise cursor.syntax_error("An argument of EXEC is a constant or a variable: assign the expression first.")
    return Argument(name, value)


def insert_execute(cursor: Cursor) -> Statement | None:
    """Read INSERT [INTO] table [(columns)] EXEC …; None where the INSERT has another form."""
    ahead = cursor.find("EXEC", "EXECUTE", before=("SELECT", "VALUES", "DEFAULT", ";"))
    if ahead is None:
        return None
    line = cursor.line
    insert_text = cursor.take_text(ahead)
    called = execute(cursor)
    text = "\n" * (line - 1) + f"{insert_text} SELECT * FROM [{ROWS_OF_EXECUTE}]"
    tree = syntax.parse_statement(text, cursor.file)
    cursor.check_variables(tree)
    return InsertExecute(line, tree, called)
