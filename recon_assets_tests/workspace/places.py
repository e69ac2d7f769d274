"""Where a workspace's paths lie on this machine.

Belongs here: DBFS, volumes and workspace files as folders. Does not belong here: the APIs over them (`dbfs`, `volumes`,
`workspace_files`).
"""

import re
from collections.abc import Mapping
from pathlib import Path


class Places:
    """Prefixes of paths, and the folder each stands for."""

    def __init__(self, folders: Mapping[str, str]) -> None:
        self.folders = dict(folders)
        self._longest_first = sorted(self.folders, key=len, reverse=True)
        prefixes = "|".join(map(re.escape, self._longest_first))
        self._quoted = re.compile(f"(?<=['\"`])({prefixes})(?=[^'\"`\\s])")

    def local(self, path: str) -> str:
        """A path's place; a path that lies nowhere here is its own."""
        for prefix in self._longest_first:
            if path.startswith(prefix) or path == prefix.rstrip("/"):
                return str(Path(self.folders[prefix], path[len(prefix) :].lstrip("/")))
        return path

    def in_text(self, text: str) -> str:
        """SQL with the quoted paths replaced."""
        return self._quoted.sub(lambda match: self.folders[match[1]].rstrip("/") + "/", text)


def below(root: Path, mounts: Mapping[str, Path]) -> tuple[Places, Places]:
    """A workspace's places below a folder: for Python's files, and for Spark's, which also reads URLs."""
    files = {f"/{name}/": str(root / name) for name in ("dbfs", "Volumes", "Workspace")}
    urls = {"dbfs:/Volumes/": str(root / "Volumes"), "dbfs:/": str(root / "dbfs")}
    for folder in files.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    return Places(files), Places(files | urls | {prefix: str(folder) for prefix, folder in mounts.items()})
