"""The command: `python -m benchmarks.reading`.

Belongs here: options, and the order of work: start the server, measure in rounds, check, print. Does not belong here:
all of these.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import click

from benchmarks import measure
from benchmarks.measure import Usage
from benchmarks.reading.lineup import FINGERPRINTED, LINEUP, RECON, Contestant
from benchmarks.reading.odbc import Task
from benchmarks.reading.results import goals_table, results_table
from benchmarks.reading.table import Found
from benchmarks.results import Outcome
from benchmarks.rounds import in_rounds

ROOT = Path(__file__).parents[2]


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--rows",
    "sizes",
    multiple=True,
    type=click.IntRange(min=1),
    default=[1_000_000, 5_000_000],
    help="Rows of the table; repeat it for more.",
)
@click.option("--contestant", "chosen", multiple=True, type=click.Choice([c.name for c in LINEUP]), help="Only these.")
@click.option("--capped-rows", default=1_000_000, help="The most rows for contestants that hold the table in memory.")
@click.option("--runs", default=3, type=click.IntRange(min=1), help="Runs of each; the fastest counts.")
@click.option("--encrypt", default="yes", type=click.Choice(["yes", "no"]), help="Whether rows come by TLS.")
@click.option("--memory", default=12.0, metavar="GIB", help="A contestant that wants more memory than this fails.")
@click.option("--timeout", default=1800.0, metavar="SECONDS", help="A contestant is killed after this.")
@click.option(
    "--data",
    default=ROOT / ".bench",
    show_default=".bench",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where files are written; they are deleted again.",
)
@click.option("--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Write the tables there too.")
def main(
    sizes: tuple[int, ...],
    chosen: tuple[str, ...],
    capped_rows: int,
    runs: int,
    encrypt: str,
    memory: float,
    timeout: float,
    data: Path,
    markdown: Path | None,
) -> None:
    """Measure reading a table of 20 columns over ODBC into Parquet, beside other ways; print ratios and goals.

    Exit code 0; 1: ours gave a wrong answer, or none; 2: it could not be measured.
    """
    contestants = [c for c in LINEUP if not chosen or c.name in chosen]
    folder = data.absolute() / "reading"
    measured: dict[int, dict[str, Outcome]] = {}
    with _server(sorted(set(sizes))) as (port, sent):
        for size, found in sent.items():
            competing = [c for c in contestants if not c.capped or size <= capped_rows]
            task = Task(port, size, str(folder), encrypt)
            measured[size] = _measure(competing, task, found, runs, memory, timeout)
    report = [f"{results_table(measured)}\n", f"Goals\n\n{goals_table(measured)}\n"]
    report.append("\n".join(f"- `{c.name}`: {c.about}" for c in contestants) + "\n")
    click.echo("\n".join(report))
    if markdown:
        markdown.write_text("\n".join(report), encoding="utf-8")
    ours = [o for outcomes in measured.values() for name, o in outcomes.items() if name in (RECON, FINGERPRINTED)]
    sys.exit(0 if all(o.answer == "right" for o in ours) else 1)


@contextmanager
def _server(sizes: list[int]) -> Iterator[tuple[int, dict[int, Found]]]:
    """The server's port, and what is to be found in the table of each size."""
    command = [sys.executable, "-m", "benchmarks.reading.server", *map(str, sizes)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        ready = process.stdout.readline()
        if not ready:
            process.wait()
            click.echo("Error: the server did not start (see above)", err=True)
            sys.exit(2)
        told = json.loads(ready)
        try:
            yield told["port"], {int(size): _found(each) for size, each in told["found"].items()}
        finally:
            process.stdin.close()


def _measure(
    contestants: list[Contestant], task: Task, sent: Found, runs: int, memory: float, timeout: float
) -> dict[str, Outcome]:
    by_name = {c.name: c for c in contestants}
    folder = Path(task.folder)

    def run(name: str) -> Usage:
        click.echo(f"{task.rows:,} rows: {name}", err=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        module = f"benchmarks.reading.contestants.{by_name[name].module}"
        command = [sys.executable, "-m", module, task.to_json(), *by_name[name].options]
        return measure.run(command, folder=ROOT, memory_gib=memory, timeout=timeout)

    outcomes = in_rounds(by_name, runs, run, lambda _: _written(folder).judge(sent))
    shutil.rmtree(folder, ignore_errors=True)
    return outcomes


def _written(folder: Path) -> Found:
    command = [sys.executable, "-m", "benchmarks.reading.check", folder]
    return _found(json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout))


def _found(told: dict) -> Found:
    return Found(told["rows"], Decimal(told["total"]))


if __name__ == "__main__":
    main()
