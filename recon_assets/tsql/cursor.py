"""A position in a batch's tokens: looking at words, taking them, and reading expressions where they stand.

Belongs here: the moves every statement's reading is made of. Does not belong here: any statement's own form
(`parser`), or how expressions are read (`syntax`).
"""

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from recon_assets.tsql import syntax
from recon_assets.tsql.errors import SYNTAX, UNDECLARED_VARIABLE, TSqlError, UnsupportedTSql, sql_server_error
from recon_assets.tsql.types import SqlType, parse_type

UNDECLARED_TABLE_VARIABLE = 1087

_NO_WORDS = {
    TokenType.STRING,
    TokenType.NATIONAL_STRING,
    TokenType.NUMBER,
    TokenType.IDENTIFIER,
    TokenType.HEX_STRING,
}


class Cursor:
    """Reads a batch from front to back. `variables` are the names declared so far, lower case with `@`."""

    def __init__(self, tokens: list[Token], text: str, file: str | None) -> None:
        self._tokens = tokens
        self._text = text
        self.file = file
        self._position = 0
        self.variables: set[str] = set()

    @property
    def at_end(self) -> bool:
        return self._position >= len(self._tokens)

    @property
    def line(self) -> int:
        """The line of the token at the cursor (at the end: of the last one)."""
        return self._tokens[min(self._position, len(self._tokens) - 1)].line if self._tokens else 1

    def word(self, ahead: int = 0) -> str:
        """The unquoted word or sign `ahead` tokens on, upper case; '' for a literal, a quoted name or the
        end."""
        position = self._position + ahead
        if position >= len(self._tokens) or self._tokens[position].token_type in _NO_WORDS:
            return ""
        return self._tokens[position].text.upper()

    def previous_word(self) -> str:
        return self.word(-1) if self._position else ""

    def take(self) -> Token:
        """Step over one token. Raises the syntax error where there is none."""
        if self.at_end:
            raise self.syntax_error()
        self._position += 1
        return self._tokens[self._position - 1]

    def accept(self, *words: str) -> bool:
        """Step over these words if all of them stand here in this order."""
        if all(self.word(i) == word for i, word in enumerate(words)):
            self._position += len(words)
            return True
        return False

    def accept_any(self, *words: str) -> str:
        """Step over one of these words; '' if none stands here."""
        found = self.word()
        if found in words:
            self._position += 1
            return found
        return ""

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise self.syntax_error(f"{' '.join(words)} is expected here.")

    def syntax_error(self, remedy: str = "") -> TSqlError:
        """SQL Server's error 102 at the cursor, with what to do about it."""
        near = "the end of the batch" if self.at_end else f"'{self._tokens[self._position].text}'"
        text = f"Incorrect syntax near {near}.{' ' + remedy if remedy else ''}"
        return sql_server_error(SYNTAX, text, line=self.line)

    def unsupported(self, construct: str, remedy: str | None = None) -> UnsupportedTSql:
        """The refusal of a construct at the cursor's line."""
        return UnsupportedTSql(construct, self.line, self.file, remedy)

    @property
    def at_variable(self) -> bool:
        """Whether `@name` stands here (and not `@@name`)."""
        return self.word() == "@" and self.word(1) not in ("", "@")

    def variable(self) -> str:
        """Take `@name`; the name comes back in lower case, with its `@`."""
        if not self.at_variable:
            raise self.syntax_error("A variable is expected here.")
        self.take()
        return f"@{self.take().text.lower()}"

    def require_declared(self, name: str) -> None:
        """Raises SQL Server's error 137 where no variable of that name has been declared."""
        if name not in self.variables:
            raise sql_server_error(UNDECLARED_VARIABLE, f'Must declare the scalar variable "{name}".', line=self.line)

    @property
    def at_name(self) -> bool:
        """Whether an object's name can begin here."""
        if self.at_end:
            return False
        word = self.word()
        quoted = self._tokens[self._position].token_type == TokenType.IDENTIFIER
        return quoted or ((word[:1].isalpha() or word[:1] in ("_", "#")) and word not in syntax.RESERVED)

    def name(self) -> str:
        """Take a one- to four-part name and give it as written."""
        start = self._position
        self._name_part()
        while self.accept("."):
            if self.word() != ".":
                self._name_part()
        return self._text[self._tokens[start].start : self._tokens[self._position - 1].end + 1]

    def _name_part(self) -> None:
        if not self.at_name:
            raise self.syntax_error("A name is expected here.")
        while self.accept("#"):
            pass
        self.take()

    def type(self) -> SqlType:
        """Take a data type. Raises UnsupportedTSql for one that isn't supported."""
        text, used = syntax.type_prefix(self._rest, self._text, self.file)
        try:
            found = parse_type(text)
        except UnsupportedTSql as error:
            raise self.unsupported(error.construct, error.remedy) from error
        self._position += used
        return found

    def expression(self) -> exp.Expression:
        """Take an expression or condition, all of whose variables must have been declared."""
        tree, used = syntax.expression_prefix(self._rest, self._text, self.file)
        self.check_variables(tree)
        self._position += used
        return tree

    def leaf(self) -> exp.Expression:
        """Take a query or a statement that changes or defines tables."""
        tree, used = syntax.statement_prefix(self._rest, self._text, self.file)
        self.check_variables(tree)
        self._position += used
        return tree

    def constant(self) -> exp.Expression:
        """Take a procedure's argument or default: a literal, a variable, or a bare word, which stands for its
        text."""
        bare = self.word()
        if bare and (bare[0].isalpha() or bare[0] == "_") and bare not in ("NULL", "DEFAULT"):
            return exp.Literal.string(self.take().text)
        return self.expression()

    def find(self, *words: str, before: tuple[str, ...]) -> int | None:
        """How many tokens ahead one of `words` stands, if none of `before` comes first; parentheses are
        skipped."""
        depth = ahead = 0
        while self._position + ahead < len(self._tokens):
            word = self.word(ahead)
            depth += (word == "(") - (word == ")")
            if not depth and word in before:
                return None
            if not depth and word in words:
                return ahead
            ahead += 1
        return None

    def take_text(self, count: int) -> str:
        """Step over that many tokens; their text."""
        first = self._tokens[self._position]
        self._position += count
        return self._text[first.start : self._tokens[self._position - 1].end + 1]

    def parentheses(self) -> str:
        """Take a parenthesis and all that is in it; its text."""
        if self.word() != "(":
            raise self.syntax_error("( is expected here.")
        depth = ahead = 0
        while True:
            if self._position + ahead >= len(self._tokens):
                raise self.syntax_error("The ( has no ).")
            word = self.word(ahead)
            depth += (word == "(") - (word == ")")
            ahead += 1
            if depth == 0:
                return self.take_text(ahead)

    @property
    def _rest(self) -> list[Token]:
        return self._tokens[self._position :]

    def check_variables(self, tree: exp.Expression) -> None:
        """Raises SQL Server's errors 137 and 1087 for variables in the tree that haven't been declared."""
        for parameter in tree.find_all(exp.Parameter):
            if isinstance(parameter.this, exp.Parameter) or isinstance(parameter.parent, exp.Parameter):
                continue  # @@ROWCOUNT and its kin
            name = f"@{parameter.name.lower()}"
            if name in self.variables:
                continue
            line = syntax.line_of(parameter) or self.line
            if isinstance(parameter.parent, exp.Table):
                raise TSqlError(UNDECLARED_TABLE_VARIABLE, f'Must declare the table variable "{name}".', 15, 2, line)
            raise sql_server_error(UNDECLARED_VARIABLE, f'Must declare the scalar variable "{name}".', line=line)
