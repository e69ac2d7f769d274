"""A batch's tokens → the tree of `control`.

Belongs here: the form of each control-flow statement, and the refusal by name and line of what isn't
supported, before anything runs. Does not belong here: procedures' and EXEC's forms (`procedures`),
expressions and leaf statements (`syntax`), or what a statement does (`interpreter`).
"""

from collections.abc import Callable, Iterable

from sqlglot import exp

from recon_assets.tsql import procedures, simple, syntax
from recon_assets.tsql.control import (
    Assign,
    Batch,
    BeginTransaction,
    Block,
    Break,
    Continue,
    CreateProcedure,
    If,
    Leaf,
    Return,
    Statement,
    Throw,
    Try,
    While,
)
from recon_assets.tsql.cursor import Cursor
from recon_assets.tsql.errors import TSqlError
from recon_assets.tsql.lexer import BatchText, tokenize

BREAK_OUTSIDE_WHILE = 135
CONTINUE_OUTSIDE_WHILE = 136
MERGE_NEEDS_SEMICOLON = 10713
RETURN_VALUE_OUTSIDE_PROCEDURE = 178
COMMON_TABLE_EXPRESSION_NEEDS_SEMICOLON = 319

_REFUSED = {
    "SAVE": "savepoints",
    "GOTO": "use IF, WHILE or RETURN",
    "WAITFOR": None,
    "USE": "the embedded source is one database",
    "OPEN": "cursors: use set-based statements",
    "FETCH": "cursors: use set-based statements",
    "CLOSE": "cursors: use set-based statements",
    "DEALLOCATE": "cursors: use set-based statements",
    "GRANT": None,
    "REVOKE": None,
    "DENY": None,
    "BULK": None,
    "KILL": None,
    "DBCC": None,
    "BACKUP": None,
    "RESTORE": None,
    "CHECKPOINT": None,
    "SHUTDOWN": None,
    "RECONFIGURE": None,
    "REVERT": None,
}


def parse_batch(batch: BatchText, *, file: str | None = None, variables: Iterable[str] = ()) -> Batch:
    """Read one batch; `variables` (with `@`) are taken as declared.

    Raises UnsupportedTSql for what isn't supported and TSqlError for what SQL Server wouldn't compile.
    """
    tokens, text = tokenize(batch)
    cursor = Cursor(tokens, text, file)
    cursor.variables.update(name.lower() for name in variables)
    parser = Parser(cursor, batch.line)
    statements = parser.batch()
    return Batch(batch.line, batch.count, Block(batch.line, statements))


class Parser:
    """Reads statements at its cursor. `first_line` is the batch's first line in the file."""

    def __init__(self, cursor: Cursor, first_line: int) -> None:
        self.cursor = cursor
        self.first_line = first_line
        self._loops = 0
        self._handlers = 0
        self._in_procedure = False

    def batch(self) -> tuple[Statement, ...]:
        """Everything up to the end of the batch."""
        cursor = self.cursor
        while cursor.accept(";"):
            pass
        line = cursor.line
        if header := procedures.header(cursor):
            self._in_procedure = True
            body = Block(line, self.statements(until=()))
            return (CreateProcedure(line, self.first_line, header, body),)
        if called := procedures.execute_without_exec(cursor):
            return (called, *self.statements(until=()))
        return self.statements(until=())

    def statements(self, until: tuple[str, ...]) -> tuple[Statement, ...]:
        """Statements up to the word that ends their block, or to the end of the batch where `until` is
        empty."""
        found: list[Statement] = []
        cursor = self.cursor
        while True:
            while cursor.accept(";"):
                pass
            if cursor.at_end or (until and cursor.word() in until):
                return tuple(found)
            if found and cursor.previous_word() != ";":
                self._require_semicolon_before()
            found.extend(self.statement_list())

    def _require_semicolon_before(self) -> None:
        """THROW and WITH are no reserved words: only a semicolon keeps them from joining what stands
        before."""
        if self.cursor.word() == "THROW":
            raise self.cursor.syntax_error("The statement before THROW must end with a semicolon.")
        if self.cursor.word() == "WITH":
            raise TSqlError(
                COMMON_TABLE_EXPRESSION_NEEDS_SEMICOLON,
                "Incorrect syntax near the keyword 'with'. If this statement is a common table expression, the"
                " previous statement must be terminated with a semicolon.",
                15,
                line=self.cursor.line,
            )

    def one(self) -> Statement:
        """The one statement that IF, ELSE and WHILE take."""
        line = self.cursor.line
        if self.cursor.at_end or self.cursor.word() in (";", "END", "ELSE"):
            raise self.cursor.syntax_error("A statement is expected here.")
        found = self.statement_list()
        return found[0] if len(found) == 1 else Block(line, tuple(found))

    def statement_list(self) -> list[Statement]:
        """One statement of the text, which may be several here: DECLARE makes one per variable, SET NOCOUNT
        none."""
        cursor = self.cursor
        word = cursor.word()
        if word == "DECLARE":
            return simple.declare(cursor)
        if word == "SET":
            return simple.set_statement(cursor)
        if word == "SELECT":
            return self._select()
        if word in _REFUSED:
            raise cursor.unsupported(word, _REFUSED[word])
        if cursor.word(1) == ":" and word not in syntax.RESERVED:
            raise cursor.unsupported(f"label {word}:", _REFUSED["GOTO"])
        return [self._single(word)]

    def _select(self) -> list[Statement]:
        """A query; one that only assigns, from no table, assigns from left to right like as many SETs."""
        leaf = self._leaf()
        parts = leaf.tree.expressions if isinstance(leaf.tree, exp.Select) else []
        only_list = not any(value for name, value in leaf.tree.args.items() if name not in ("expressions", "kind"))
        assigns = [part for part in parts if isinstance(part, exp.EQ) and isinstance(part.this, exp.Parameter)]
        if not assigns or len(assigns) < len(parts) or not only_list:
            self._refuse_use_of_just_assigned(assigns)
            return [leaf]
        return [Assign(leaf.line, f"@{part.this.name.lower()}", part.expression) for part in assigns]

    def _refuse_use_of_just_assigned(self, assigns: list[exp.EQ]) -> None:
        """SELECT @a = x, @b = @a FROM t: whether @b gets the old @a or the new one is undefined."""
        assigned: set[str] = set()
        for part in assigns:
            for used in part.expression.find_all(exp.Parameter):
                if used.name.lower() in assigned:
                    name = part.this.name
                    raise self.cursor.unsupported(
                        f"SELECT @{used.name} = …, @{name} = … @{used.name} …", "assign one by one"
                    )
            assigned.add(part.this.name.lower())

    def _single(self, word: str) -> Statement:
        cursor = self.cursor
        if read := _SIMPLE.get(word):
            return read(cursor)
        if read := _NESTING.get(word):
            return read(self)
        if word == "INSERT":
            return procedures.insert_execute(cursor) or self._leaf()
        if word == "UPDATE":
            return simple.update_statistics(cursor) or self._leaf()
        if word == "DROP":
            return procedures.drop(cursor) or self._leaf()
        if word == "CREATE" and (index := simple.create_index(cursor)):
            return index
        if word in ("CREATE", "ALTER"):
            procedures.refuse_definition(cursor)
            return simple.create_table(cursor)
        return self._leaf()

    def _leaf(self) -> Leaf:
        cursor = self.cursor
        line, word = cursor.line, cursor.word()
        if word not in (
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "MERGE",
            "WITH",
            "TRUNCATE",
            "CREATE",
            "DROP",
            "(",
        ):
            if word in syntax.RESERVED - {"END", "ELSE"}:
                raise cursor.unsupported(word)
            raise cursor.syntax_error()
        tree = cursor.leaf()
        if isinstance(tree, exp.Merge) and cursor.word() != ";":
            raise TSqlError(
                MERGE_NEEDS_SEMICOLON,
                "A MERGE statement must be terminated by a semi-colon (;).",
                15,
                line=line,
            )
        return Leaf(line, tree)

    def _begin(self) -> Statement:
        cursor = self.cursor
        line = cursor.line
        cursor.expect("BEGIN")
        if cursor.accept_any("TRAN", "TRANSACTION"):
            name = simple.transaction_name(cursor)
            if cursor.word() == "WITH":
                raise cursor.unsupported("BEGIN TRANSACTION … WITH MARK")
            return BeginTransaction(line, name)
        if cursor.word() in ("DISTRIBUTED", "ATOMIC", "DIALOG", "CONVERSATION"):
            raise cursor.unsupported(f"BEGIN {cursor.word()}")
        if cursor.accept("TRY"):
            body = self._block(line, "TRY")
            if cursor.word() == ";":
                raise cursor.syntax_error("END TRY must be followed by BEGIN CATCH directly.")
            handler_line = cursor.line
            cursor.expect("BEGIN", "CATCH")
            self._handlers += 1
            handler = self._block(handler_line, "CATCH")
            self._handlers -= 1
            return Try(line, body, handler)
        return self._block(line)

    def _block(self, line: int, kind: str = "") -> Block:
        cursor = self.cursor
        while cursor.accept(";"):
            pass
        statements = self.statements(until=("END",))
        if cursor.at_end:
            raise cursor.syntax_error(f"The BEGIN {kind}".rstrip() + f" of line {line} has no END.")
        if (
            not statements
            and kind != "CATCH"
            and cursor.previous_word() != ";"
            and cursor.previous_word() in ("BEGIN", "TRY")
        ):
            raise cursor.syntax_error("A block needs a statement.")
        cursor.expect("END", *([kind] if kind else []))
        return Block(line, statements)

    def _if(self) -> If:
        cursor = self.cursor
        line = cursor.line
        cursor.expect("IF")
        condition = cursor.expression()
        then = self.one()
        cursor.accept(";")
        otherwise = self.one() if cursor.accept("ELSE") else None
        return If(line, condition, then, otherwise)

    def _while(self) -> While:
        cursor = self.cursor
        line = cursor.line
        cursor.expect("WHILE")
        condition = cursor.expression()
        self._loops += 1
        body = self.one()
        self._loops -= 1
        return While(line, condition, body)

    def _break(self) -> Break:
        return Break(self._in_loop("BREAK", BREAK_OUTSIDE_WHILE))

    def _continue(self) -> Continue:
        return Continue(self._in_loop("CONTINUE", CONTINUE_OUTSIDE_WHILE))

    def _in_loop(self, word: str, number: int) -> int:
        line = self.cursor.take().line
        if not self._loops:
            text = f"Cannot use a {word} statement outside the scope of a WHILE statement."
            raise TSqlError(number, text, 15, line=line)
        return line

    def _throw(self) -> Throw:
        return simple.throw(self.cursor, in_handler=self._handlers > 0)

    def _return(self) -> Return:
        statement = simple.return_statement(self.cursor)
        if statement.value is not None and not self._in_procedure:
            text = "A RETURN statement with a return value cannot be used in this context."
            raise TSqlError(RETURN_VALUE_OUTSIDE_PROCEDURE, text, 15, line=statement.line)
        return statement


_NESTING: dict[str, Callable[[Parser], Statement]] = {
    "BEGIN": Parser._begin,
    "IF": Parser._if,
    "WHILE": Parser._while,
    "BREAK": Parser._break,
    "CONTINUE": Parser._continue,
    "THROW": Parser._throw,
    "RETURN": Parser._return,
}
_SIMPLE: dict[str, Callable[[Cursor], Statement]] = {
    "RAISERROR": simple.raise_error,
    "PRINT": simple.print_statement,
    "COMMIT": simple.commit,
    "ROLLBACK": simple.rollback,
    "EXEC": procedures.execute,
    "EXECUTE": procedures.execute,
    "TRUNCATE": simple.truncate,
}
