"""What a Databricks SQL text refers to beyond its run's own names, as far as its tokens tell.

Belongs here: where in a text tables, functions and paths are named, and which statements leave the run's schema. Does
not belong here: which of these a reconciliation allows, and what the user is told (`names`).

Tokens, not sqlglot's trees: those hide what sqlglot reads otherwise than Spark (scripts, commands, new syntax), while
the places in which Spark's grammar names a table are few: after FROM, JOIN, INTO, TABLE and the like, and the commas
of a FROM. A name of one part is always the run's own, since it is resolved in the run's schema: only longer ones count.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from sqlglot.tokens import Token, TokenType

from recon_assets.targets.tokens import LITERALS, is_name, is_script, tokenize, word, words

_CUT = "write the name itself, so that it can be checked"

# After these words comes a table …
_ANNOUNCE = frozenset({"JOIN", "TABLE", "VIEW", "FUNCTION", "UPDATE", "CLONE", "OVERWRITE"})
_ANNOUNCE_AS_VERBS = frozenset({"OPTIMIZE", "VACUUM", "REFRESH", "RESTORE", "DESCRIBE", "DESC"})
# … and these may stand between.
_BETWEEN = words("IF NOT EXISTS LATERAL OUTER STREAM ONLY EXTENDED FORMATTED DETAIL HISTORY")
_END_LIST = words(
    "SELECT WHERE GROUP HAVING ORDER SORT CLUSTER DISTRIBUTE LIMIT OFFSET WINDOW QUALIFY SET"
    " UNION EXCEPT INTERSECT MINUS INSERT DO THEN WHEN"
)
_FROM_INSIDE = frozenset({"EXTRACT", "TRIM", "SUBSTRING", "SUBSTR", "OVERLAY"})
_SESSION = frozenset({("session",), ("system", "session"), ("builtin",), ("system", "builtin")})

_BEFORE_STATEMENT = frozenset({"BEGIN", "ATOMIC", "THEN", "ELSE", "DO", "LOOP", "REPEAT"})
_AFTER_EXPRESSION = frozenset({"WHEN", "ELSE", "END"})
_LEAVING = words("USE COPY LOAD ADD GRANT REVOKE CONVERT SYNC UNDROP")
_MODIFIERS = words("OR REPLACE REFRESH TEMP TEMPORARY EXTERNAL MATERIALIZED STREAMING STORAGE SERVICE")
_SHARED = words("SCHEMA DATABASE NAMESPACE CATALOG CONNECTION VOLUME LOCATION CREDENTIAL SHARE RECIPIENT PROVIDER")
_FORMATS = words("DELTA PARQUET ORC AVRO CSV JSON TEXT XML BINARYFILE ICEBERG")

_READ_PATHS = frozenset({"READ_FILES", "TABLE_CHANGES_BY_PATH", "CLOUD_FILES_STATE", "READ_STATESTORE"})
_READ_NAMES = frozenset({"TABLE_CHANGES"})
_READ_ELSEWHERE = words(
    "READ_KAFKA READ_KINESIS READ_PUBSUB READ_PULSAR REMOTE_QUERY HTTP_REQUEST VECTOR_SEARCH AI_QUERY"
)


@dataclass(frozen=True)
class Name:
    """A table or function of more than one part, or a path, which is one."""

    line: int
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Leaving:
    """What leaves the run's schema, or can't be told; and what to write in its place."""

    line: int
    what: str
    remedy: str


def references(tokens: Sequence[Token]) -> Iterator[Name | Leaving]:
    """All of a text's, in order; its tokens as `tokenize` gives them."""
    return _Reader(tokens).read()


def parts_of(text: str) -> tuple[str, ...] | None:
    """The parts of a name as SQL writes it; None where it is none. Raises sqlglot's TokenError."""
    tokens = tokenize(text)
    reader = _Reader(tokens)
    if not tokens or not is_name(tokens[0]) or reader.name_end(0) != len(tokens):
        return None
    return reader.parts(0, len(tokens))


def is_path(part: str) -> bool:
    """Whether it is a file's or folder's place, and not a name."""
    return "/" in part


def _path(line: int, text: str) -> Name | Leaving:
    if is_path(text):
        return Name(line, (text,))
    return Leaving(line, f"the path '{text}'", "write it whole, from its root")


class _Reader:
    """One pass over a text."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._script = is_script(tokens)
        self._begin()

    def _begin(self) -> None:
        self._expected = False  # whether a table's name comes next
        self._table_end = -1  # where the last one ended
        self._lists = [False]  # by parenthesis: whether a comma is followed by a table
        self._openers = [""]  # by parenthesis: the word before it
        self._verb = ""
        self._merges = False

    def read(self) -> Iterator[Name | Leaving]:
        at = 0
        while at < len(self._tokens):
            if self._starts_statement(at):
                self._verb = self._word(at)
                yield from self._statement(at)
            after = self.name_end(at)
            # After a dot comes a field, after a colon a parameter, or a path into JSON.
            if after > at and self._kind(at - 1) not in (TokenType.DOT, TokenType.COLON):
                yield from self._name(at, after)
                at = after
            else:
                yield from self._sign(at)
                at += 1

    def name_end(self, at: int) -> int:
        """Where the name ends that starts here; here, if none does."""
        if not is_name(self._at(at)):
            return at
        at += 1
        while self._kind(at) is TokenType.DOT and is_name(self._at(at + 1)):
            at += 2
        return at

    def parts(self, at: int, end: int) -> tuple[str, ...]:
        return tuple(token.text for token in self._tokens[at:end:2])

    def _sign(self, at: int) -> Iterator[Leaving]:
        kind = self._kind(at)
        if kind is TokenType.SEMICOLON:
            self._begin()
        elif kind is TokenType.L_PAREN:  # where a table is expected, there may be one within
            self._lists.append(False)
            self._openers.append(self._word(at - 1))
        elif kind is TokenType.R_PAREN:
            self._expected = False
            if len(self._lists) > 1:
                self._lists.pop()
                self._openers.pop()
        elif kind is TokenType.COMMA:
            self._expected = self._lists[-1]
        else:
            self._expected = False
            if kind is TokenType.PIPE_GT:
                self._lists[-1] = False
            if kind is TokenType.PARAMETER and self._kind(at + 1) is TokenType.L_BRACE:
                yield Leaving(self._line(at), "${…}, which Spark replaces by a setting,", _CUT)

    def _name(self, at: int, end: int) -> Iterator[Name | Leaving]:
        called = self._kind(end) is TokenType.L_PAREN
        parts = self.parts(at, end)
        expected, self._expected = self._expected, False
        if expected:
            self._table_end = end
        if len(parts) > 1:
            if (expected or called) and tuple(part.lower() for part in parts[:-1]) not in _SESSION:
                yield Name(self._line(at), parts)
            return
        if called:
            yield from self._call(at)
        yield from self._place(at)
        self._expected = self._announces(at) or (expected and self._word(at) in _BETWEEN)

    def _announces(self, at: int) -> bool:
        """Whether a table's name follows this word."""
        found, before = self._word(at), self._word(at - 1)
        if found in _END_LIST:
            self._lists[-1] = False
        if found == "FROM":
            if before == "DISTINCT" or self._openers[-1] in _FROM_INSIDE or self._verb == "FETCH":
                return False
            self._lists[-1] = True
            return True
        if found == "MERGE":
            self._merges = True
        return (
            found in _ANNOUNCE
            or (found == "USING" and self._merges)
            or (found == "INTO" and self._verb not in ("EXECUTE", "FETCH"))  # these fill variables
            or (found == "TO" and before == "RENAME")
            or (found == "LIKE" and at == self._table_end)
            or (found in _ANNOUNCE_AS_VERBS and found == self._verb)
        )

    def _call(self, at: int) -> Iterator[Name | Leaving]:
        """What a function of one part reads by its first argument."""
        function, line = self._word(at), self._line(at)
        if function in _READ_ELSEWHERE:
            yield Leaving(line, f"{function.lower()}(…)", "hand its rows over as an input")
        elif function == "IDENTIFIER":
            literal = self._kind(at + 2) in LITERALS and self._kind(at + 3) is TokenType.R_PAREN
            named = parts_of(self._tokens[at + 2].text) if literal else None
            if named is None or self._kind(at + 4) is TokenType.DOT:
                yield Leaving(line, "IDENTIFIER(…)", _CUT)
            elif len(named) > 1:
                yield Name(line, named)
        elif function in _READ_NAMES or function in _READ_PATHS:
            text = self._tokens[at + 2].text if self._kind(at + 2) in LITERALS else ""
            found = parts_of(text) if function in _READ_NAMES else None
            if text and function in _READ_PATHS:
                yield _path(line, text)
            elif found is None:
                yield Leaving(line, f"{function.lower()}(…)", "write what it reads as its first argument, in quotes")
            elif len(found) > 1:
                yield Name(line, found)

    def _place(self, at: int) -> Iterator[Name | Leaving]:
        """The path that a word announces."""
        found, line = self._word(at), self._line(at)
        if found == "LOCATION" and self._kind(at + 1) in LITERALS:
            yield _path(line, self._tokens[at + 1].text)
        elif found == "DIRECTORY" and self._word(at - 1) in ("OVERWRITE", "LOCAL"):
            if self._kind(at + 1) in LITERALS:
                yield _path(line, self._tokens[at + 1].text)
            else:
                yield Leaving(line, "INSERT OVERWRITE DIRECTORY", "create a table of the run's own")
        elif found == "OPTIONS" and self._kind(at + 1) is TokenType.L_PAREN:
            for key in range(at + 2, self._closing(at + 1)):
                value = key + 1 + (self._kind(key + 1) is TokenType.EQ)
                if self._tokens[key].text.lower() == "path" and self._kind(value) in LITERALS:
                    yield _path(line, self._tokens[value].text)

    def _statement(self, at: int) -> Iterator[Name | Leaving]:
        """What a statement's first words say of where it goes."""
        line, second = self._line(at), self._word(at + 1)
        if self._verb in _LEAVING and is_name(self._at(at + 1)):
            yield Leaving(
                line, " ".join(filter(None, (self._verb, second))), "leave it out: the run has its own schema"
            )
        elif self._verb == "SET" and (
            second == "PATH" or (second == "CATALOG" and self._kind(at + 2) is not TokenType.EQ)
        ):
            yield Leaving(line, f"SET {second}", "leave it out: the run has its own schema")
        elif self._verb == "EXECUTE" and second == "IMMEDIATE":
            yield from self._immediate(at)
        elif self._verb in ("CREATE", "DROP", "ALTER", "REPLACE"):
            yield from self._definition(at)

    def _immediate(self, at: int) -> Iterator[Name | Leaving]:
        ends = self._at(at + 3) is None or self._kind(at + 3) is TokenType.SEMICOLON
        if self._kind(at + 2) in LITERALS and (ends or self._word(at + 3) in ("INTO", "USING")):
            for found in references(tokenize(self._tokens[at + 2].text)):
                yield replace(found, line=self._line(at))
        else:
            yield Leaving(self._line(at), "EXECUTE IMMEDIATE of anything but one text in quotes", _CUT)

    def _definition(self, at: int) -> Iterator[Leaving]:
        kind_at = at + 1
        while self._word(kind_at) in _MODIFIERS:
            kind_at += 1
        line, kind = self._line(at), self._word(kind_at)
        if kind in _SHARED:
            yield Leaving(line, f"{self._verb} {kind}", "leave it out: the run has its own schema")
        elif kind == "GLOBAL":
            yield Leaving(line, f"{self._verb} GLOBAL TEMP VIEW", "write TEMP VIEW: a global one outlives the run")
        elif kind == "FUNCTION":
            text = " ".join(self._statement_words(at))
            if re.search(r"\bUSING (JAR|FILE|ARCHIVE)\b|'", text):
                yield Leaving(line, f"{self._verb} FUNCTION of a class or file", "write its body in SQL")
        elif kind in ("TABLE", "VIEW") and self._verb in ("CREATE", "REPLACE"):
            head = list(takewhile(lambda each: each != "AS", self._statement_words(at)))
            if "USING" in head[:-1] and (source := head[head.index("USING") + 1]) not in _FORMATS:
                yield Leaving(line, f"{self._verb} {kind} USING {source.lower()}", "hand its rows over as an input")

    def _statement_words(self, at: int) -> list[str]:
        """A statement's words in capitals, names with their dots, and `'` for the text of `AS '…'`."""
        found: list[str] = []
        while at < len(self._tokens) and self._kind(at) is not TokenType.SEMICOLON:
            if (end := self.name_end(at)) > at:
                found.append(".".join(self.parts(at, end)).upper())
                at = end
            else:
                if self._kind(at) is TokenType.STRING and found[-1:] == ["AS"]:
                    found.append("'")
                at += 1
        return found

    def _starts_statement(self, at: int) -> bool:
        before = self._at(at - 1)
        if before is None or before.token_type is TokenType.SEMICOLON:
            return True
        return self._script and word(before) in _BEFORE_STATEMENT and self._word(at + 1) not in _AFTER_EXPRESSION

    def _closing(self, at: int) -> int:
        depth = 0
        for place in range(at, len(self._tokens)):
            depth += (self._kind(place) is TokenType.L_PAREN) - (self._kind(place) is TokenType.R_PAREN)
            if depth == 0:
                return place
        return len(self._tokens)

    def _at(self, at: int) -> Token | None:
        return self._tokens[at] if 0 <= at < len(self._tokens) else None

    def _kind(self, at: int) -> TokenType | None:
        token = self._at(at)
        return token.token_type if token is not None else None

    def _word(self, at: int) -> str:
        return word(self._at(at))

    def _line(self, at: int) -> int:
        return self._tokens[at].line
