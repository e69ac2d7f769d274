"""What a deployment needs, checked part by part without running anything.

Belongs here: which checks there are for the resources a deployment has. Does not belong here: how a check is made
(`preflight` for the machine, `sources` for a server, the storage's folder), or how it is shown (`cli.doctor`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recon_assets import preflight
from recon_assets.assets.declaration import Declaration
from recon_assets.io_managers.storage import StorageError
from recon_assets.sources.base import SourceError
from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.targets import delta_jars
from recon_assets.targets.base import TargetError

LEAST_FREE_BYTES = 1_000_000_000

_FAILURES = (preflight.Unmet, SourceError, StorageError, TargetError, OSError)


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, whether it is as it should be, what was found or what to do about it.

    `needed`: nothing runs without it.
    """

    what: str
    passed: bool
    says: str
    needed: bool = True


def examine(resources: Mapping[str, Any], declarations: Sequence[Declaration], home: Path) -> Iterator[Finding]:
    """The checks in the order in which a run would meet them; those that need a failed one are left out.

    `resources` are a deployment's, ready to use.
    """
    target = resources["target"]
    yield _checked("disk", lambda: preflight.disk(home, LEAST_FREE_BYTES))
    if target.readable_here:
        java = _checked("Java", preflight.java)
        yield java
        yield _checked("Delta's jars", _jars, needed=False)
        if java.passed:
            yield _checked("Spark", lambda: _spark(target))
    else:
        yield _checked("Spark", target.probe)
    yield from _source(resources["source"], declarations)
    yield _checked("copies", resources["copy_layer"].probe)
    if any(d.spec.export == "cetas" for d in declarations) and not isinstance(resources["source"], EmbeddedSource):
        folder = str(resources["export_layer"].top())
        yield _checked("exports", lambda: resources["source"].exports_to(folder))


def _source(source: Any, declarations: Sequence[Declaration]) -> Iterator[Finding]:
    procedures = list(dict.fromkeys(d.spec.procedure for d in declarations if d.spec.procedure))
    inputs = [table for d in declarations for table in d.spec.inputs]
    outputs = [output.table for d in declarations for output in d.spec.outputs if output.table]
    tables = list(dict.fromkeys(inputs + outputs))
    if isinstance(source, EmbeddedSource):
        yield _checked("source", source.describe)
        yield from (_checked(f"table {t}", lambda t=t: f"{len(source.schema(t))} columns") for t in tables)
        return
    driver, login = _checked("ODBC driver", source.driver_found), None
    yield driver
    if driver.passed:
        login = _checked("source", source.describe)
        yield login
    if login is None or not login.passed:
        return
    with source.examine() as looking:
        yield _checked("isolation", looking.isolation, needed=False)
        yield from (_checked(f"procedure {p}", lambda p=p: looking.procedure(p)) for p in procedures)
        yield from (_checked(f"table {t}", lambda t=t: looking.table(t)) for t in tables)


def _checked(what: str, check: Callable[[], str | None], *, needed: bool = True) -> Finding:
    try:
        return Finding(what, True, check() or "", needed)
    except _FAILURES as error:
        return Finding(what, False, str(error), needed)


def _spark(target: Any) -> str:
    try:
        version: str = target.engine()
    except Exception as error:  # of whatever kind: Java's, Spark's, the system's
        raise preflight.Unmet(f"it does not start ({str(error).splitlines()[0]}): see what Java printed") from error
    return version


def _jars() -> str:
    if delta_jars.present():
        return delta_jars.VERSION
    raise preflight.Unmet(
        "not fetched, so that targets with MERGE, UPDATE or DELETE fail: run `make setup` with network"
    )
