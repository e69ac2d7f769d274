"""How report files reach the disk: whole or not at all.

Belongs here: the atomic write, and the one error of this package. Does not belong here: what is in the files.
"""

import os
from pathlib import Path
from uuid import uuid4


class ReportError(Exception):
    """A report could not be written or read; the message names the file and the remedy."""


def write_atomically(path: Path, text: str) -> None:
    """Write `text` as UTF-8, so that a reader sees the old file or the new one, never a part.

    Creates missing folders. Raises ReportError where the folder can't be made or written to.
    """
    temporary = path.with_name(f".{uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> ReportError:
    """The error for a report that can't be written, naming its folder."""
    return ReportError(
        f"cannot write the report {path.name} in {path.parent}: {error.strerror or error}."
        " Make that folder writable, free space on its disk, or choose another report folder."
    )
