"""Loading a project: a package of reconciliation folders becomes one `Definitions`.

Belongs here: finding the components and joining what they share. Does not belong here: one reconciliation's graph
(`component`), or the choice of systems (`deployments`).
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
from pydantic import ValidationError

from recon_assets.assets.declaration import Declaration
from recon_assets.assets.source_tables import source_tables
from recon_assets.component import ProcedureReconciliation
from recon_assets.errors import ProjectError


def load_project(defs_module: ModuleType, resources: Mapping[str, Any]) -> dg.Definitions:
    """The definitions of every folder in `defs_module`, on the given resources.

    A run stays in one process, so that it starts Spark at most once however many assets use it. Raises ProjectError
    for a YAML that is wrong.
    """
    own, declarations = _loaded(defs_module)
    return dg.Definitions.merge(
        own,
        dg.Definitions(
            assets=source_tables(declarations),
            resources=dict(resources),
            executor=dg.in_process_executor,
        ),
    )


def declarations_of(defs_module: ModuleType) -> list[Declaration]:
    """The reconciliations of every folder in `defs_module`. Raises ProjectError for a YAML that is wrong."""
    return _loaded(defs_module)[1]


def _loaded(defs_module: ModuleType) -> tuple[dg.Definitions, list[Declaration]]:
    # Not `load_from_defs_folder`, which needs the checkout's pyproject.toml and so fails from an installed wheel.
    # Dagster is pinned, so what it may change later is no news; a warning per asset would hide what matters.
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    tree = dg.ComponentTree.from_module(
        defs_module=defs_module, project_root=Path(str(defs_module.__file__)).parents[2]
    )
    try:
        own = tree.build_defs()
    except Exception as error:  # of whatever kind: it came from the project's own files
        raise ProjectError(_explained(error)) from error
    return own, [component.declaration for component in tree.get_all_components(ProcedureReconciliation)]


def _explained(error: Exception) -> str:
    """What is wrong, a line each; Dagster puts file and line into the location of each of pydantic's errors."""
    cause = error
    while not isinstance(cause, ValidationError | ProjectError) and isinstance(cause.__cause__, Exception):
        cause = cause.__cause__
    if isinstance(cause, ProjectError):
        return str(cause)
    if not isinstance(cause, ValidationError):
        return f"{error}\n{type(cause).__name__}: {cause}"
    lines = []
    for problem in cause.errors(include_url=False, include_context=False):
        field, _, place = ".".join(str(part) for part in problem["loc"]).partition(" at ")
        what = (
            "there is no such field"
            if problem["type"] == "extra_forbidden"
            else problem["msg"].removeprefix("Value error, ")
        )
        lines.append(": ".join(part for part in (place, field, what) if part))
    return "\n".join(lines)
