"""The command: `python -m benchmarks`, or `make bench`.

Belongs here: options, and the order of work: generate, measure in rounds, print. Does not belong here: all of these.
"""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click

from benchmarks import measure
from benchmarks.answer import judge
from benchmarks.data import MIN_ROWS, scenarios
from benchmarks.goals import goals_table
from benchmarks.lineup import LINEUP, RECON, Contestant, Setting
from benchmarks.measure import Usage
from benchmarks.results import Outcome, results_table
from benchmarks.rounds import in_rounds

ROOT = Path(__file__).parents[1]
_SCENARIOS = tuple(scenarios(1_000))


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--rows",
    "sizes",
    multiple=True,
    type=click.IntRange(min=MIN_ROWS),
    default=[1_000_000],
    help="Rows per table; repeat it for more.",
)
@click.option(
    "--scenario", "names", multiple=True, type=click.Choice(_SCENARIOS), default=_SCENARIOS, help="Repeat it for more."
)
@click.option("--contestant", "chosen", multiple=True, type=click.Choice([c.name for c in LINEUP]), help="Only these.")
@click.option("--spark", is_flag=True, help="The contestants on Spark too.")
@click.option("--capped-rows", default=1_000_000, help="The most rows for contestants that hold tables in memory.")
@click.option("--runs", default=3, type=click.IntRange(min=1), help="Runs of each; the fastest counts.")
@click.option(
    "--recon",
    default=str(Path(sys.executable).with_name("recon")),
    show_default=".venv's",
    metavar="COMMAND",
    help="What starts ours.",
)
@click.option(
    "--peers-python",
    default=ROOT / ".venv-bench/bin/python",
    type=click.Path(path_type=Path),
    show_default=".venv-bench's",
    metavar="FILE",
    help="The Python that has the peers' packages.",
)
@click.option("--memory", default=12.0, metavar="GIB", help="A contestant that wants more memory than this fails.")
@click.option("--timeout", default=1800.0, metavar="SECONDS", help="A contestant is killed after this.")
@click.option(
    "--data",
    default=ROOT / ".bench",
    show_default=".bench",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where generated files are kept.",
)
@click.option("--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Write the tables there too.")
def main(
    sizes: tuple[int, ...],
    names: tuple[str, ...],
    chosen: tuple[str, ...],
    spark: bool,
    capped_rows: int,
    runs: int,
    recon: str,
    peers_python: Path,
    memory: float,
    timeout: float,
    data: Path,
    markdown: Path | None,
) -> None:
    """Measure `recon compare` beside yardsticks and peers on generated data; print ratios and goals.

    Exit code 0; 1: ours gave a wrong answer, or none; 2: it could not be measured.
    """
    contestants = [c for c in LINEUP if (c.name in chosen if chosen else spark or not c.spark)]
    data = data.absolute()
    programs = {"recon": shlex.split(recon), "python": Path(sys.executable), "peers_python": peers_python.absolute()}
    report, measured, right = [], {}, True
    for size in sorted(set(sizes)):
        competing = [c for c in contestants if not c.capped or size <= capped_rows]
        settings = [
            Setting(
                scenario=scenario,
                **programs,
                source=data / str(size) / scenario.source.file,
                target=data / str(size) / scenario.target.file,
                database=data / str(size) / scenario.database,
                answer=data / "answer.json",
            )
            for name, scenario in scenarios(size).items()
            if name in names
        ]
        _check_programs(competing, settings[0])
        _generate(data / str(size), size, names, database=any(c.database for c in competing))
        measured[size] = {}
        for setting in settings:
            outcomes = _measure(competing, setting, runs, memory, timeout)
            measured[size][setting.scenario.name] = outcomes
            ours = outcomes.get(RECON)
            right = right and (ours is None or ours.answer == "right")
        report.append(f"{size:,} rows\n\n{results_table(measured[size])}\n")
    if any(c.name == RECON for c in contestants):
        report.append(f"Goals\n\n{goals_table(measured)}\n")
    about = {f"`{c.name}`": c.about for c in contestants}
    about |= {f"`{name}`": scenario.about for name, scenario in scenarios(min(sizes)).items() if name in names}
    report.append("\n".join(f"- {name}: {text}" for name, text in about.items()) + "\n")
    click.echo("\n".join(report))
    if markdown:
        markdown.write_text("\n".join(report), encoding="utf-8")
    sys.exit(0 if right else 1)


def _check_programs(contestants: list[Contestant], setting: Setting) -> None:
    for contestant in contestants:
        program = contestant.command(setting)[0]
        if not shutil.which(program):
            click.echo(
                f"Error: {contestant.name}: no program {program}; `make bench` installs what is needed", err=True
            )
            sys.exit(2)


def _generate(folder: Path, rows: int, names: tuple[str, ...], *, database: bool) -> None:
    kind = "database" if database else "parquet"
    command = [sys.executable, "-m", "benchmarks.generate", folder, str(rows), kind, *names]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit(2)


def _measure(
    contestants: list[Contestant], setting: Setting, runs: int, memory: float, timeout: float
) -> dict[str, Outcome]:
    scratch = setting.answer.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    by_name = {c.name: c for c in contestants}

    def run(name: str) -> Usage:
        click.echo(f"{setting.scenario.name}: {name}", err=True)
        setting.answer.unlink(missing_ok=True)
        return measure.run(
            by_name[name].command(setting),
            folder=ROOT,
            memory_gib=memory,
            timeout=timeout,
            success=by_name[name].success,
            environment={"TMPDIR": str(scratch)},
        )

    outcomes = in_rounds(
        by_name, runs, run, lambda name: judge(by_name[name].read(setting.answer), setting.scenario.truth)
    )
    shutil.rmtree(scratch)
    return outcomes


if __name__ == "__main__":
    main()
