"""One reconciliation as the asset modules see it: its spec, its place, and the names its assets go by.

Belongs here: asset keys, the attributes all its assets share, hashes and code references of its texts. Does not
belong here: any asset (a module per layer).
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg

from recon_assets.sources.base import Procedure
from recon_assets.sources.names import parse_name
from recon_assets.spec import Reconciliation, bare_name
from recon_assets.targets import python
from recon_assets.targets.base import Logic, RunSettings

SOURCE_TABLES = "source"
"""First part of the keys (and the group) of the tables that procedures read and fill."""


@dataclass(frozen=True)
class Declaration:
    """A reconciliation by name, with its spec and the folder its files lie in."""

    name: str
    folder: Path
    spec: Reconciliation

    @property
    def procedure(self) -> Procedure:
        """What the source runs."""
        return Procedure(name=self.spec.procedure, definition=self.folder / self.spec.source)

    @property
    def logic(self) -> Logic:
        """What the target runs."""
        target = self.spec.target
        settings = {"ansi": target.ansi, "time_zone": target.time_zone}
        if target.sql is not None:
            return Logic("sql", target.sql, self.folder, allowed=target.allow, **settings)
        if target.python is not None:
            return Logic("python", target.python, self.folder, **settings)
        if target.parquet is not None:
            return Logic("parquet", target.parquet, self.folder, **settings)
        if target.delta is not None:
            return Logic("delta", target.delta, self.folder, **settings)
        run = RunSettings(target.cluster, target.new_cluster or {}, target.libraries, target.timeout, target.retries)
        if target.job is not None:
            return Logic("job", str(target.job), self.folder, run=run)
        if target.notebook is not None:
            return Logic("notebook", target.notebook, self.folder, run=run)
        return Logic("script", target.script or "", self.folder, run=run)

    @cached_property
    def logic_file(self) -> Path | None:
        """The text of the migrated logic; None for a Python module that can't be found, and what lies elsewhere."""
        if self.logic.in_workspace or self.logic.kind == "delta":
            return None
        return python.source_file(self.logic) if self.logic.kind == "python" else self.folder / self.logic.text

    def key(self, table: str, layer: str) -> dg.AssetKey:
        """The key of a table (by bare name) in a layer."""
        return dg.AssetKey([self.name, f"{key_part(table)}_{layer}"])

    def input_key(self, table: str, layer: str) -> dg.AssetKey:
        """The key of an input in a layer; a table that the procedure reads and fills shows as `X_before` here."""
        name = bare_name(table)
        filled = name.lower() in (output.lower() for output in self.spec.output_names)
        return self.key(f"{name}_before" if filled else name, layer)

    @property
    def title(self) -> str:
        """The procedure's name, or the script's file name."""
        return self.spec.procedure or self.spec.source

    @property
    def pool(self) -> str:
        """The Dagster pool in which the procedure runs: reconciliations of one procedure take turns."""
        what = str(parse_name(self.spec.procedure)).lower() if self.spec.procedure else self.name
        return f"procedure_{key_part(what)}"

    @property
    def parquet_manager(self) -> str:
        """The IO manager of the `_parquet` layer: its tables are written here, or by the source itself."""
        return "export_layer" if self.spec.export == "cetas" else "parquet_layer"

    def shared(self, *kinds: str) -> dict[str, Any]:
        """The arguments all of its assets have in common; at most three kinds show in the UI."""
        return {
            "group_name": self.name,
            "owners": list(self.spec.owners) or None,
            "tags": self.spec.tags,
            "kinds": set(kinds),
        }

    def source_version(self) -> str:
        """Changes when the procedure's text, its parameters or its clock do."""
        return self._version(self.procedure.definition)

    def target_version(self) -> str:
        """Changes when the migrated logic's text, its settings, the parameters or the clock do."""
        settings = (self.spec.target.ansi, self.spec.target.time_zone)
        return self._version(None if self.logic.is_output else self.logic_file, repr(settings))

    def code_hashes(self) -> dict[str, str]:
        """SHA-256 of each text that runs, by side and file name."""
        sides = {"source": self.procedure.definition}
        if self.logic_file is not None and not self.logic.is_output:
            sides["target"] = self.logic_file
        return {f"{side}: {file.name}": file_hash(file) for side, file in sides.items()}

    def code_references(self, *files: Path | None) -> dict[str, Any]:
        """Metadata that links an asset to its texts in the editor; None, a text that isn't here, is passed over."""
        references = [
            dg.LocalFileCodeReference(file_path=str(file), line_number=1, label=file.name) for file in files if file
        ]
        return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=references)}

    def _version(self, file: Path | None, settings: str = "") -> str:
        digest = hashlib.sha256()
        for part in (
            file_hash(file) if file else self.logic.text,
            repr(sorted((name, p.type, repr(p.value)) for name, p in self.spec.bound_parameters().items())),
            repr(self.spec.clock),
            settings,
        ):
            digest.update(part.encode() + b"\0")
        return digest.hexdigest()[:16]


def source_key(table: str) -> dg.AssetKey:
    """The key of a table in the source, shared by all reconciliations; case-insensitive as the source's names are."""
    schema, name = parse_name(table)
    return dg.AssetKey([SOURCE_TABLES, key_part(schema).lower(), key_part(name).upper()])


def key_part(name: str) -> str:
    """A name as part of an asset key: its signs replaced, a digest keeping names apart that would fall together."""
    safe = re.sub(r"\W", "_", name, flags=re.ASCII)
    return safe if safe == name else f"{safe}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def file_hash(file: Path) -> str:
    """SHA-256 of a file in hex; of a missing one, the empty text's, so that definitions load and the run says it."""
    return hashlib.sha256(file.read_bytes() if file.is_file() else b"").hexdigest()
