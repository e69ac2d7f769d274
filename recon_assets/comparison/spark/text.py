"""Names and texts as Spark's SQL has them.

Belongs here: quoting. Does not belong here: casts to text (`casts`).
"""

from recon_assets.comparison.errors import ComparisonError


def quoted(text: str) -> str:
    """A text literal. Only what Spark's parser unescapes is escaped; `${` would begin a variable's name even here."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\u0024{") + "'"


def name(text: str) -> str:
    """A quoted name. Raises ComparisonError for one that Spark would replace before it reads the SQL."""
    if "${" in text:
        raise ComparisonError(f"column {text!r}: Spark takes ${{ for a variable, even in a name; rename the column")
    return "`" + text.replace("`", "``") + "`"
