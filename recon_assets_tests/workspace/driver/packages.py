"""Which packages a job finds.

Belongs here: hiding what no cluster has unless the job brings it. Does not belong here: installing; what is brought is
in this environment already.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec


class _Hidden(MetaPathFinder):
    def __init__(self, names: Iterable[str]) -> None:
        self._names = set(names)

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"No module named '{fullname}'", name=fullname)
        return None


def hide(names: Iterable[str], libraries: Sequence[str]) -> None:
    """Hide packages, but for those that are among the libraries: wheels' paths, or names as for pip."""
    brought = {_package(library) for library in libraries}
    hidden = set(names) - brought
    for module in [module for module in sys.modules if module.partition(".")[0] in hidden]:
        del sys.modules[module]
    sys.meta_path.insert(0, _Hidden(hidden))


def _package(library: str) -> str:
    name = library.rpartition("/")[2]
    found = re.match(r"[A-Za-z0-9_.]+(-(?!\d)[A-Za-z0-9_.]+)*", name)
    return found[0].replace("-", "_").lower() if found else ""
