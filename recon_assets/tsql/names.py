"""T-SQL object names as text: `dbo.X`, `[my table]`, `"a""b"`, `tempdb..#t` → their parts.

Belongs here: splitting a name and comparing two. Does not belong here: what the name stands for.
"""

import re

_PART = re.compile(r'\[((?:[^\]]|\]\])+)\]|"((?:[^"]|"")+)"|(#{0,2}[^\W\d][\w@$#]*)|(?=\.)')


def split_name(text: str) -> tuple[str, ...] | None:
    """The name's parts with their quotes taken off, an omitted one as ''; None where the text is no name."""
    parts: list[str] = []
    position = 0
    while match := _PART.match(text, position):
        bracketed, quoted, bare = match.groups()
        parts.append(bracketed.replace("]]", "]") if bracketed else quoted.replace('""', '"') if quoted else bare or "")
        position = match.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != ".":
            return None
        position += 1
    return None


def object_key(text: str) -> tuple[str, str] | None:
    """Schema (dbo where none is given) and name in lower case: equal for two names of one object. None where
    the text is no name."""
    parts = split_name(text.strip())
    if not parts:
        return None
    schema = parts[-2] if len(parts) > 1 else ""
    return (schema or "dbo").lower(), parts[-1].lower()
