"""From T-SQL text to sqlglot's tree, with nothing reinterpreted on the way.

Belongs here: the tokenizer and parser settings, parsing one statement or expression out of a token stream, and
finding a node's line and text. Does not belong here: control flow (`parser`), or what a node means.

sqlglot's own T-SQL parser rewrites many functions and types while parsing, and drops what they said. Here every
function parses as `Anonymous` under the name it was written with, and every type as the text it was written with.
"""

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.tsql import TSQL
from sqlglot.errors import ErrorLevel, ParseError, TokenError
from sqlglot.tokens import Token, TokenType

from recon_assets.tsql.errors import UnsupportedTSql

RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
    ADD ALL ALTER AND ANY AS ASC AUTHORIZATION BACKUP BEGIN BETWEEN BREAK BROWSE BULK BY CASCADE CASE CHECK
    CHECKPOINT CLOSE CLUSTERED COALESCE COLLATE COLUMN COMMIT COMPUTE CONSTRAINT CONTAINS CONTAINSTABLE CONTINUE
    CONVERT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURSOR DATABASE DBCC
    DEALLOCATE DECLARE DEFAULT DELETE DENY DESC DISK DISTINCT DISTRIBUTED DOUBLE DROP DUMP ELSE END ERRLVL
    ESCAPE EXCEPT EXEC EXECUTE EXISTS EXIT EXTERNAL FETCH FILE FILLFACTOR FOR FOREIGN FREETEXT FREETEXTTABLE
    FROM FULL FUNCTION GOTO GRANT GROUP HAVING HOLDLOCK IDENTITY IDENTITY_INSERT IDENTITYCOL IF IN INDEX INNER
    INSERT INTERSECT INTO IS JOIN KEY KILL LEFT LIKE LINENO LOAD MERGE NATIONAL NOCHECK NONCLUSTERED NOT NULL
    NULLIF OF OFF OFFSETS ON OPEN OPENDATASOURCE OPENQUERY OPENROWSET OPENXML OPTION OR ORDER OUTER OVER PERCENT
    PIVOT PLAN PRECISION PRIMARY PRINT PROC PROCEDURE PUBLIC RAISERROR READ READTEXT RECONFIGURE REFERENCES
    REPLICATION RESTORE RESTRICT RETURN REVERT REVOKE RIGHT ROLLBACK ROWCOUNT ROWGUIDCOL RULE SAVE SCHEMA
    SECURITYAUDIT SELECT SESSION_USER SET SETUSER SHUTDOWN SOME STATISTICS SYSTEM_USER TABLE TABLESAMPLE
    TEXTSIZE THEN TO TOP TRAN TRANSACTION TRIGGER TRUNCATE TRY_CONVERT TSEQUAL UNION UNIQUE UNPIVOT UPDATE
    UPDATETEXT USE USER VALUES VARYING VIEW WAITFOR WHEN WHERE WHILE WITH WRITETEXT
        """,
    )
)
"""Words that can't be a name or an alias unless bracketed (Transact-SQL reference, "Reserved Keywords"): with
them, a statement ends where the next begins though no semicolon stands between."""

_TYPE_WORDS = {
    "DOUBLE": ("PRECISION",),
    "CHAR": ("VARYING",),
    "CHARACTER": ("VARYING",),
    "BINARY": ("VARYING",),
}
_OPERATORS = ("<=", ">=", "<>", "!=")
_NOT_KEYWORDS = ("CLUSTERED INDEX", "NONCLUSTERED INDEX", "UPDATE STATISTICS", "DOUBLE PRECISION", "LIMIT")


COMPOUND: dict[str, type[exp.Binary]] = {
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
    "/": exp.Div,
    "%": exp.Mod,
    "&": exp.BitwiseAnd,
    "|": exp.BitwiseOr,
    "^": exp.BitwiseXor,
}
"""The operators that = may follow, in SET."""


class _Dialect(TSQL):
    """T-SQL for parsing only."""

    class Tokenizer(TSQL.Tokenizer):
        QUOTES = ("'",)
        COMMANDS = frozenset()  # PRINT and its kin would swallow the rest of their line as one string
        KEYWORDS: ClassVar = {
            **{
                word: kind
                for word, kind in TSQL.Tokenizer.KEYWORDS.items()
                if word not in _NOT_KEYWORDS and (word[0].isalpha() or word in _OPERATORS)
            },
            "!<": TokenType.GTE,
            "!>": TokenType.LTE,
        }

    class Parser(TSQL.Parser):
        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {
            "CAST": lambda self: self._parse_tsql_cast(),
            "TRY_CAST": lambda self: self._parse_tsql_cast(safe=True),
            "CONVERT": lambda self: self._parse_tsql_convert(),
            "TRY_CONVERT": lambda self: self._parse_tsql_convert(safe=True),
            "TRIM": lambda self: self._parse_trim(),
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar = {"CASE": lambda self: self._parse_case()}
        NO_PAREN_FUNCTIONS: ClassVar = {TokenType.CURRENT_TIMESTAMP: exp.CurrentTimestamp}

        def _parse_id_var(self, any_token=True, tokens=None):
            word = self._curr
            if word and word.token_type != TokenType.IDENTIFIER and word.text.upper() in RESERVED:
                return None
            return super()._parse_id_var(any_token=any_token, tokens=tokens)

        def _parse_types(self, check_func=False, schema=False, allow_identifiers=True, with_collation=False):
            """A type as its text. Where sqlglot merely tries whether an expression is one, it never is in T-SQL."""
            word = self._curr.text.upper() if self._curr else ""
            if not allow_identifiers or not word.replace("_", "a").isalnum() or word in RESERVED - {"DOUBLE"}:
                return None
            words = [self._curr.text]
            self._advance()
            while self._curr and self._curr.text.upper() in _TYPE_WORDS.get(words[-1].upper(), ()):
                words.append(self._curr.text)
                self._advance()
            text = " ".join(words)
            if self._match(TokenType.L_PAREN):
                parts = []
                while self._curr and not self._match(TokenType.R_PAREN):
                    parts.append(self._curr.text)
                    self._advance()
                text += f"({''.join(parts)})"
            return exp.DataType(this=exp.DType.USERDEFINED, kind=text)

        def _parse_tsql_cast(self, safe=False):
            this = self._parse_disjunction()
            if not self._match(TokenType.ALIAS):
                self.raise_error("Expected AS")
            return self.expression(exp.Cast(this=this, to=self._parse_types(), safe=safe))

        def _parse_tsql_convert(self, safe=False):
            to = self._parse_types()
            if not self._match(TokenType.COMMA):
                self.raise_error("Expected ,")
            this = self._parse_disjunction()
            style = self._parse_disjunction() if self._match(TokenType.COMMA) else None
            return self.expression(exp.Convert(this=to, expression=this, style=style, safe=safe))

        def _parse_delete(self):
            """`this` is the table, or what FROM says of it where `tables` names it before."""
            top = self._parse_limit(top=True)
            self._match(TokenType.FROM)
            target = self._parse_table()
            returning = self._parse_returning()
            source = self._parse_table(joins=True) if self._match(TokenType.FROM) else None
            where = self._parse_where()
            node = exp.Delete(this=source or target, tables=[target] if source else None, where=where, limit=top)
            node.set("returning", returning)
            node.set("options", self._parse_options())
            return self.expression(node)

        def _parse_update(self):
            top = self._parse_limit(top=True)
            node = super()._parse_update()
            if top:
                node.set("limit", top)
            return node

        def _parse_update_assignment(self):
            """column = value, and column += value, which is column = column + (value)."""
            this = self._parse_column()
            operator = COMPOUND.get(self._curr.text) if self._curr else None
            if operator:
                self._advance()
            if not self._match(TokenType.EQ):
                self.raise_error("Expected =")
            value = exp.var("DEFAULT") if self._match(TokenType.DEFAULT) else self._parse_disjunction()
            if operator:
                value = operator(this=this.copy(), expression=exp.Paren(this=value))
            return self.expression(exp.EQ(this=this, expression=value))

        def _parse_insert_table(self):
            table = self._parse_table(schema=True)
            if isinstance(table, exp.Table) and (hints := self._parse_table_hints()):
                table.set("hints", hints)
                return self._parse_schema(this=table)
            return table

        def _parse_truncate_table(self):
            """sqlglot takes what follows for options, and would swallow the next statement."""
            if not self._match(TokenType.TABLE):
                self.raise_error("Expected TABLE")
            return self.expression(exp.TruncateTable(expressions=[self._parse_table(schema=True)]))

        def _parse_as_command(self, start):
            text = " ".join(self._find_sql(start, self._tokens[-1]).split())
            raise UnsupportedTSql(text if len(text) <= 60 else text[:59] + "…", start.line)

        def prefix(self, tokens: list[Token], text: str, rule: Callable) -> tuple[exp.Expression | None, int]:
            self.reset()
            self.sql = text
            self._tokens = tokens
            self._tokens_size = len(tokens)
            self._index = -1
            self._advance()
            node = rule(self)
            self.check_errors()
            return node, self._index


_NUMBER_ENDS = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | \[(?:[^\]]|\]\])*\] | --[^\n]* | /\*.*?\*/
      | (?<![\w@#$])\$(?P<money>\d+(?:\.\d*)?|\.\d+)
      | (?<![\w@#$])(?P<float>(?:\d+\.?\d*|\.\d+)e[+-]?\d+)(?=[+-])""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def with_plain_numbers(text: str) -> str:
    """The text with the numbers that sqlglot's tokenizer misreads written another way: it takes `1e0+2` for one
    number, and knows no money constants (`$1.50`). Lines stay as they are."""

    def plain(piece: re.Match) -> str:
        if piece["money"]:
            return f"CAST({piece['money']} AS money)"
        return f"{piece[0]} " if piece["float"] else piece[0]

    return _NUMBER_ENDS.sub(plain, text)


def tokenize(text: str) -> list[Token]:
    """The text's tokens; each has its `line` (1 is the first). Raises UnsupportedTSql for an unclosed quote."""
    try:
        return _Dialect().tokenize(text)
    except TokenError as error:
        raise UnsupportedTSql(str(error)) from error


def statement_prefix(tokens: Sequence[Token], text: str, file: str | None = None) -> tuple[exp.Expression, int]:
    """Parse the one leaf statement the tokens begin with: the tree and how many tokens it took (a semicolon after
    it not included). `text` is what the tokens were made from. Raises UnsupportedTSql where it isn't understood."""
    return _prefix(tokens, text, file, _Dialect.Parser._parse_statement)


def expression_prefix(tokens: Sequence[Token], text: str, file: str | None = None) -> tuple[exp.Expression, int]:
    """Parse the one expression or condition the tokens begin with, as `statement_prefix` does."""
    return _prefix(tokens, text, file, _Dialect.Parser._parse_disjunction)


def type_prefix(tokens: Sequence[Token], text: str, file: str | None = None) -> tuple[str, int]:
    """Read the type the tokens begin with: its text, for `types.parse_type`, and how many tokens it took."""
    node, used = _prefix(tokens, text, file, _Dialect.Parser._parse_types)
    return node.args["kind"], used


def _prefix(tokens, text, file, rule):
    parser = _Dialect.Parser(dialect=_Dialect(), error_level=ErrorLevel.IMMEDIATE)
    try:
        node, used = parser.prefix(_own_tokens(list(tokens)), text, rule)
    except UnsupportedTSql as error:
        error.file = error.file or file
        raise
    except ParseError as error:
        where = error.errors[0] if error.errors else {}
        near = where.get("highlight") or (tokens[0].text if tokens else "the end")
        raise UnsupportedTSql(f"syntax near '{near}'", where.get("line"), file) from error
    if node is None:
        line = tokens[0].line if tokens else None
        raise UnsupportedTSql(f"syntax near '{tokens[0].text if tokens else 'the end'}'", line, file)
    return node, used


def _own_tokens(tokens: list[Token]) -> list[Token]:
    """Of tokens that begin with CREATE TABLE, those up to the end of its columns: sqlglot would take a statement that
    follows for the table's contents."""
    if [token.text.upper() for token in tokens[:2]] != ["CREATE", "TABLE"]:
        return tokens
    depth = 0
    for i, token in enumerate(tokens):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if token.token_type == TokenType.R_PAREN and depth == 0:
            return tokens[: i + 1]
    return tokens


def parse_statement(text: str, file: str | None = None) -> exp.Expression:
    """Parse text that is exactly one leaf statement."""
    return _whole(text, file, statement_prefix)


def parse_expression(text: str, file: str | None = None) -> exp.Expression:
    """Parse text that is exactly one expression or condition."""
    return _whole(text, file, expression_prefix)


def _whole(text, file, prefix):
    text = with_plain_numbers(text)
    tokens = tokenize(text)
    node, used = prefix(tokens, text, file)
    if any(token.token_type != TokenType.SEMICOLON for token in tokens[used:]):
        rest = tokens[used]
        raise UnsupportedTSql(f"syntax near '{rest.text}'", rest.line, file)
    return node


def line_of(node: exp.Expression) -> int | None:
    """The line the node begins on, as near as the tree tells."""
    for part in node.walk():
        if line := part.meta.get("line"):
            return line
    return line_of(node.parent) if node.parent else None


def text_of(node: exp.Expression) -> str:
    """The node as T-SQL, short enough for a message: a function is `NAME(…)`."""
    if isinstance(node, exp.Anonymous):
        return f"{str(node.this).upper()}(…)"
    text = " ".join(node.sql(dialect=_Dialect, normalize_functions=False).split())
    return text if len(text) <= 60 else text[:59] + "…"


def only(node: exp.Expression, *allowed: str) -> None:
    """Refuse the node if any part of it is set but these. Raises UnsupportedTSql."""
    for part, value in node.args.items():
        if part not in allowed and value not in (None, False, []):
            told = value.sql(dialect=_Dialect) if isinstance(value, exp.Expression) else part
            raise UnsupportedTSql(f"{text_of(node)} with {told}" if told == part else told, line_of(node))


def descending(item: exp.Ordered) -> bool:
    """Whether an ORDER BY item says DESC. Raises UnsupportedTSql for NULLS FIRST and LAST, which T-SQL has not."""
    only(item, "this", "desc", "nulls_first")
    desc = bool(item.args.get("desc"))
    if bool(item.args.get("nulls_first")) == desc:
        raise UnsupportedTSql(text_of(item), line_of(item))
    return desc
