"""T-SQL text → batches → tokens.

Belongs here: finding the GO lines that separate batches, and keeping each token's place in the file. Does not
belong here: how a token is read (`syntax`), or what tokens mean (`parser`).
"""

import re
from dataclasses import dataclass

from sqlglot.tokens import Token

from recon_assets.tsql import syntax
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql

UNCLOSED_QUOTATION = 105

# What GO can't be inside of; a block comment's own nesting is counted in `split_batches`.
_PIECE = re.compile(
    r"""--[^\n]*
      | /\*
      | '(?:[^']|'')*(?:'|\Z)
      | "(?:[^"]|"")*(?:"|\Z)
      | \[(?:[^\]]|\]\])*(?:\]|\Z)
      | (?P<go>^[ \t]*GO(?:[ \t]+(?P<count>\d+))?[ \t]*(?:--[^\n]*)?\r?$)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True)
class BatchText:
    """One batch: its text, the file's line it starts on, and how often GO says to run it."""

    text: str
    line: int
    count: int = 1


def split_batches(text: str) -> list[BatchText]:
    """Split at the lines that hold GO (and perhaps a count) alone, as sqlcmd does; blank batches are left
    out."""
    batches: list[BatchText] = []
    start = position = 0
    while piece := _PIECE.search(text, position):
        position = _comment_end(text, piece.end()) if piece[0] == "/*" else piece.end()
        if piece["go"] is not None:
            batches.append(
                BatchText(text[start : piece.start()], text.count("\n", 0, start) + 1, int(piece["count"] or 1))
            )
            position = start = min(piece.end() + 1, len(text))
    batches.append(BatchText(text[start:], text.count("\n", 0, start) + 1))
    return [batch for batch in batches if batch.text.strip()]


def _comment_end(text: str, position: int) -> int:
    """Where the block comment opened before `position` ends; T-SQL's block comments nest."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(text, position)):
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return len(text) if depth else position


def tokenize(batch: BatchText) -> tuple[list[Token], str]:
    """The batch's tokens, their lines counted in the file, and the text their offsets point into.

    Raises TSqlError for an unclosed quotation mark.
    """
    # Blank lines in front make every line number that sqlglot reports the file's own.
    text = syntax.with_plain_numbers("\n" * (batch.line - 1) + batch.text)
    try:
        return syntax.tokenize(text), text
    except UnsupportedTSql as error:
        line = batch.line + batch.text.rstrip().count("\n")
        raise TSqlError(UNCLOSED_QUOTATION, "Unclosed quotation mark.", 15, line=line) from error
