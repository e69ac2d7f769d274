"""Whether migrated SQL keeps to its run: the inputs, the outputs, what it creates itself, and what `allow:` names.

Belongs here: what is allowed, and what the user is told. Does not belong here: finding the names (`references`).

This guards against mistakes that make a verdict meaningless, such as a table left over from a test that is read in
place of the snapshot. It is no security boundary: what the session's user may do is for the lakehouse to limit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlglot.errors import TokenError
from sqlglot.tokens import Token

from recon_assets.targets.base import TargetError
from recon_assets.targets.references import Leaving, Name, is_path, parts_of, references


@dataclass(frozen=True)
class Allowed:
    """A name that `allow:` permits, in parts; a path is one part."""

    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Allowed":
        """From the YAML: `catalog.schema.table`, `schema.table`, ``delta.`/path` `` or `/path`. Raises ValueError."""
        if is_path(text) and "`" not in text:
            return cls((text,))
        try:
            parts = parts_of(text)
        except TokenError:
            parts = None
        if parts is None:
            raise ValueError(
                f"{text!r} is no name: write catalog.schema.table or schema.table, parts with signs in backticks;"
                " or a path"
            )
        if len(parts) == 1 and not is_path(parts[0]):
            raise ValueError(
                f"{text!r} is a bare name, which is always the run's own: make it an input, or name its schema"
            )
        return cls(parts)

    def permits(self, parts: tuple[str, ...], catalog: str) -> bool:
        """Whether it is that name, in a session whose catalog is this one."""
        if len(parts) == 1:  # a path, by whatever is read from it
            return self.parts[-1] == parts[0]
        return _full(self.parts, catalog) == _full(parts, catalog)


def check(path: Path, tokens: Sequence[Token], own: Iterable[str], allowed: Sequence[str], catalog: str) -> None:
    """Raises TargetError with every place in a text that reads or writes outside of its run.

    `own`: the inputs and outputs, for what the user is told; `catalog`: in which names of two parts are resolved.
    """
    permitted = [Allowed.parse(text) for text in allowed]
    bare = {name.lower(): name for name in own}
    wrong = []
    for found in references(tokens):
        if isinstance(found, Leaving):
            wrong.append(f"{path}:{found.line}: {found.what} leaves this run's own tables: {found.remedy}.")
        elif not any(each.permits(found.parts, catalog) for each in permitted):
            wrong.append(f"{path}:{found.line}: {_told(found, bare)}")
    if wrong:
        raise TargetError("\n".join(dict.fromkeys(wrong)))


def _told(found: Name, own: dict[str, str]) -> str:
    name = written(found.parts)
    same = own.get(found.parts[-1].lower())
    if same is not None:
        return (
            f"{name} is not this run's {same}: write `{same}` alone. If the other is meant, add {name} to `allow:`"
            " under `target:` in the YAML."
        )
    return (
        f"{name} lies outside of this run, whose inputs and tables go by their bare names: make it an input, or add"
        f" {name} to `allow:` under `target:` in the YAML."
    )


def written(parts: tuple[str, ...]) -> str:
    """A name as `allow:` takes it."""
    if len(parts) == 1:
        return parts[0]
    return ".".join(
        part if part.isascii() and part.isidentifier() else f"`{part.replace('`', '``')}`" for part in parts
    )


def _full(parts: tuple[str, ...], catalog: str) -> tuple[str, ...]:
    if len(parts) == 2:
        parts = (catalog, *parts)
    return tuple(part if is_path(part) else part.lower() for part in parts)
