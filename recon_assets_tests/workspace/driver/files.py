"""Python's files, with the workspace's paths in them.

Belongs here: `/dbfs`, `/Volumes` and `/Workspace` for `open`, `os`, `pathlib` and what is built on them. Does not
belong here: libraries that open files in C (pyarrow's own readers and writers); they see no such folders.
"""

import builtins
import functools
import io
import os
from collections.abc import Callable
from typing import Any

from recon_assets_tests.workspace.places import Places

_ONE_PATH = (
    *("open", "stat", "lstat", "listdir", "scandir", "mkdir", "remove", "unlink", "rmdir", "access", "chmod"),
    *("utime", "chdir", "truncate", "readlink", "statvfs", "chown", "listxattr", "getxattr", "setxattr"),
)
_TWO_PATHS = ("rename", "replace", "link", "symlink")


def mount(places: Places) -> None:
    """Make the paths usable in this process."""
    builtins.open = io.open = _mapped(io.open, places, 1)
    for paths, names in ((1, _ONE_PATH), (2, _TWO_PATHS)):
        for name in names:
            if hasattr(os, name):
                setattr(os, name, _mapped(getattr(os, name), places, paths))


def _mapped(function: Callable, places: Places, paths: int) -> Callable:
    @functools.wraps(function)
    def mapped(*arguments: Any, **options: Any) -> Any:
        return function(*(_place(each, places) for each in arguments[:paths]), *arguments[paths:], **options)

    return mapped


def _place(path: Any, places: Places) -> Any:
    if isinstance(path, str | os.PathLike):
        given = os.fspath(path)
        return places.local(given) if isinstance(given, str) else path
    return path
