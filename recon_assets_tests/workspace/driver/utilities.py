"""`dbutils`, as far as jobs use it.

Belongs here: widgets, a notebook's result, and files. Does not belong here: secrets, other notebooks and the rest;
asking for those is an AttributeError.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

from recon_assets_tests.workspace.places import Places


class NotebookExit(BaseException):
    """A notebook is done, with this result. No `except Exception` of the notebook's own stops it."""


class _Widgets:
    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._defaults: dict[str, str] = {}

    def get(self, name: str) -> str:
        """What was given, else the default. Raises RuntimeError where there is neither."""
        if name not in self._given | self._defaults:
            raise RuntimeError(f"InputWidgetNotDefined: No input widget named {name} is defined")
        return self._given.get(name, self._defaults.get(name, ""))

    def text(self, name: str, defaultValue: str, label: str | None = None) -> None:
        """Define one."""
        self._defaults[name] = defaultValue

    def getAll(self) -> dict[str, str]:
        """All of them."""
        return self._defaults | dict(self._given)


class _Notebook:
    def exit(self, value: str) -> None:
        """End the notebook."""
        raise NotebookExit(str(value))


class _Files:
    def __init__(self, places: Places) -> None:
        self._places = places

    def _path(self, name: str) -> Path:
        return Path(self._places.local(name if ":" in name or name.startswith("/Volumes/") else f"dbfs:{name}"))

    def ls(self, path: str) -> list[SimpleNamespace]:
        """What is in a folder."""
        return [
            SimpleNamespace(
                path=f"{path.rstrip('/')}/{each.name}{'/' * each.is_dir()}",
                name=each.name + "/" * each.is_dir(),
                size=0 if each.is_dir() else each.stat().st_size,
            )
            for each in sorted(self._path(path).iterdir())
        ]

    def mkdirs(self, path: str) -> bool:
        """Make a folder."""
        self._path(path).mkdir(parents=True, exist_ok=True)
        return True

    def put(self, path: str, contents: str, overwrite: bool = False) -> bool:
        """Write a file."""
        self.mkdirs(path.rpartition("/")[0])
        with self._path(path).open("w" if overwrite else "x") as file:
            file.write(contents)
        return True

    def head(self, path: str, maxBytes: int = 65536) -> str:
        """How a file begins."""
        return self._path(path).read_bytes()[:maxBytes].decode()

    def rm(self, path: str, recurse: bool = False) -> bool:
        """Remove a file or a folder."""
        place = self._path(path)
        if recurse and place.is_dir():
            shutil.rmtree(place)
        elif place.is_dir():
            place.rmdir()
        else:
            place.unlink()
        return True


def dbutils(widgets: Mapping[str, str], places: Places) -> SimpleNamespace:
    """What notebooks call `dbutils`."""
    return SimpleNamespace(widgets=_Widgets(widgets), notebook=_Notebook(), fs=_Files(places))
