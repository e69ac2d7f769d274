"""`recon run`: materialize reconciliations by name, with live progress, and print their verdicts.

Does not belong here: what a run does (`assets`), or how verdicts look (`reports.console`).
"""

import re
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from recon_assets import preflight
from recon_assets.errors import ProjectError
from recon_assets.home import ensure_dagster_home, home
from recon_assets.io_managers.report_store import ReportStore
from recon_assets.reports.console import summary_table
from recon_assets.reports.files import ReportError
from recon_assets.reports.html import write_html
from recon_assets.reports.record import OutputReport

INTERRUPTED = "DagsterExecutionInterruptedError"
"""How a failed step says that it was stopped by Ctrl-C or a signal."""

_LEAST_FREE_BYTES = 500_000_000


@dataclass(frozen=True)
class _Outcome:
    reports: list[OutputReport]
    errors: list[str]


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.pass_context
def run(ctx: click.Context, names: Sequence[str]) -> None:
    """Run reconciliations (all, or by NAME) and print their verdicts.

    Exit code 0 if every verdict is the expected one, 1 if not, 2 on an error.
    """
    problems = Console(stderr=True)
    # Into a file or a pipe, wide enough for the whole table.
    console = Console(width=None if sys.stdout.isatty() else 160)

    def fail(message: str) -> None:
        problems.print(f"recon: {message}", style="red", highlight=False, markup=False, soft_wrap=True)

    try:
        preflight.java()
        preflight.disk(home(), _LEAST_FREE_BYTES)
    except preflight.Unmet as error:
        fail(str(error))
        ctx.exit(2)
    ensure_dagster_home()
    try:
        from recon_assets.definitions import defs

        dg.Definitions.validate_loadable(defs)
    except (ProjectError, dg.DagsterError) as error:
        fail(f"the reconciliations can't be loaded:\n{error}")
        ctx.exit(2)
    known = sorted(job.name for job in defs.jobs or ())
    for name in names:
        if name not in known:
            fail(f"there is no reconciliation {name}; there are: {', '.join(known)}")
            ctx.exit(2)

    with (
        dg.DagsterInstance.get() as instance,
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[step]}", style="dim"),
            console=problems,
        ) as progress,
    ):
        outcomes = [_run_one(defs, name, instance, progress) for name in names or known]

    reports = [report for outcome in outcomes for report in outcome.reports]
    errors = [error for outcome in outcomes for error in outcome.errors]
    if reports:
        page = home() / "reports" / "report.html"
        console.print(summary_table(reports))
        try:
            write_html(reports, page)
            console.print(f"Report: {page}", soft_wrap=True, highlight=False)
        except ReportError as error:
            errors.append(str(error))
    for error in errors:
        fail(error)
    ctx.exit(2 if errors else int(not all(report.as_expected for report in reports)))


def _run_one(defs: dg.Definitions, name: str, instance: dg.DagsterInstance, progress: Progress) -> _Outcome:
    job = defs.resolve_job_def(name)
    task = progress.add_task(name, total=len(job.all_node_defs), step="")
    errors: list[str] = []
    run_id = str(uuid.uuid4())

    def follow(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            return
        if event.is_step_start:
            progress.update(task, step=event.step_key)
        elif event.is_step_success or event.is_step_failure:
            progress.advance(task)
        if event.is_step_failure and event.step_failure_data.error is not None:
            errors.append(f"{name}: {cause(event.step_failure_data.error)}")
        elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if check.blocking and not check.passed:
                errors.append(f"{name}: {check.asset_key.to_user_string()} is not intact: {check.description}")

    instance.add_event_listener(run_id, follow)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    result = job.execute_in_process(instance=instance, run_id=run_id, raise_on_error=False, run_config=quiet)
    if any(INTERRUPTED in error for error in errors):
        raise click.Abort
    progress.update(task, step="done" if result.success else "[red]failed[/red]")
    store = ReportStore(root=str(home() / "reports"))
    if not result.success and not errors:
        errors.append(f"{name}: the run failed; see run {run_id} in the UI")
    return _Outcome(store.run_reports(run_id), errors)


def cause(error: Any) -> str:
    """What the source, the target or the comparison said, without what Dagster wraps around it.

    `error` is Dagster's SerializableErrorInfo, which it doesn't export.
    """
    while error.cls_name is not None and error.cls_name.startswith("Dagster") and error.cause is not None:
        error = error.cause
    # Our own messages speak for themselves; of any other error its class is part of what it says.
    own = re.compile(r"^recon_assets\.[\w.]+: ")
    return own.sub("", error.message.strip())
