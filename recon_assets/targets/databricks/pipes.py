"""What a run reports by itself, through Dagster Pipes.

Belongs here: the session, where its files lie, and what it heard as metadata. Does not belong here: the run (`jobs`).

Dagster's own Databricks clients begin no existing job, take an interrupted run for done, and send a submission again
without a token: their context injectors and message readers are used, in a session of ours.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._core.pipes.context import PipesSession
from dagster_databricks.pipes import (
    PipesDbfsContextInjector,
    PipesDbfsMessageReader,
    PipesUnityCatalogVolumesContextInjector,
    PipesUnityCatalogVolumesMessageReader,
)
from databricks.sdk import WorkspaceClient
from databricks.sdk.mixins.files import DbfsExt

from recon_assets.targets.base import Execution
from recon_assets.targets.databricks.workspace import calling

DBFS = "dbfs:/"


class _Volume(PipesUnityCatalogVolumesMessageReader):
    """Messages in a volume."""

    def download_messages_chunk(self, index: int, params: dict[str, Any]) -> str | None:
        """A chunk, or None while there is none."""
        return _whole(super().download_messages_chunk(index, params))


class _Dbfs(PipesDbfsMessageReader):
    """Messages in DBFS; Dagster's reader takes the first half megabyte of each chunk."""

    def download_messages_chunk(self, index: int, params: dict[str, Any]) -> str | None:
        """A chunk, or None while there is none."""
        try:
            with DbfsExt(self.dbfs_client._api).download(f"{params['path']}/{index}.json") as chunk:
                return _whole(chunk.read().decode(errors="replace"))
        except OSError:  # as Dagster's own readers do; the SDK's errors are such
            return None


def _whole(chunk: str | None) -> str | None:
    """A chunk that is written to its end, since Dagster drops what it can't read and takes the next one."""
    try:
        json.loads((chunk or "").rpartition("\n")[2])
    except ValueError:
        return None
    return chunk


@contextmanager
def listening(
    client: WorkspaceClient, place: str, execution: Execution, extras: dict[str, str], poll_seconds: float
) -> Iterator[dict[str, str]]:
    """Hear what the run inside the `with` reports; gives the parameters by which it finds where to.

    Afterwards the execution has what was heard. Nothing need be reported. Raises TargetError.
    """
    # A reader can be used once. Output is not sent along: that takes seconds more, and may still be lost.
    if place == DBFS:
        injector, reader = PipesDbfsContextInjector(client=client), _Dbfs(client=client, interval=poll_seconds)
    else:
        injector = PipesUnityCatalogVolumesContextInjector(client=client, volume_path=place)
        reader = _Volume(client=client, volume_path=place, interval=poll_seconds, include_stdio_in_messages=False)
    raised: BaseException | None = None
    done = False
    try:
        with (
            calling(f"{place}, where runs report through Pipes (RECON_TARGET_PIPES)"),
            dg.open_pipes_session(execution.context, injector, reader, extras=extras) as session,
        ):
            try:
                yield dict(session.get_bootstrap_env_vars())
            except BaseException as error:
                raised = error
                raise
            done = True
    except Exception as error:
        if raised is not None:  # clearing up may fail as well, for the same reason
            raise raised from None
        if not done:
            raise
        execution.context.log.warning(f"{error}; what the run reported may be missing")
    _tell(session, execution)


def _tell(session: PipesSession, execution: Execution) -> None:
    for result in session.get_reported_results():
        of_asset = execution.reported.setdefault(result.asset_key, {})
        if isinstance(result, dg.AssetCheckResult):
            of_asset[f"check {result.check_name}"] = dg.MetadataValue.bool(result.passed)
        of_asset |= dict(result.metadata or {})
    if messages := list(session.get_custom_messages()):
        execution.metadata["messages"] = dg.MetadataValue.json(messages)
