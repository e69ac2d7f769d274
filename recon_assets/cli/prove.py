"""`recon prove`: is a report's verdict still so, and would faults in its data have been found?

Belongs here: reading the record, the command's arguments and exit codes, and the table. Does not belong here: the proof
itself (`comparison.proof`).
"""

import json
import sys
import traceback
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

    from recon_assets.comparison.proof import Proof
    from recon_assets.comparison.result import Comparison

EXIT_PROVEN, EXIT_NOT_PROVEN, EXIT_ERROR = 0, 1, 2
_NAMED = 3
"""How many columns a line of the table names; the JSON has all."""
_SAID = 10
"""Of how many failed faults is told what was wrong."""


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.option("--json", "json_to", metavar="FILE|-", help="Write every fault and its outcome as JSON; - is stdout.")
@click.option("--memory-limit", metavar="SIZE", help="The most memory DuckDB may take.")
@click.option(
    "--temp-directory", type=click.Path(path_type=Path), metavar="FOLDER", help="Where copies and spilled data lie."
)
def prove(report: Path, json_to: str | None, memory_limit: str | None, temp_directory: Path | None) -> None:
    """Re-check REPORT, a JSON record of `recon compare --json` or of a run.

    Compares its data again under its rules, then plants one fault of every kind in copies of some of its rows, and
    shows that each is found.

    Exit code 0: the record is reproduced and every fault is found; 1: not so; 2: it could not be done.
    """
    # imported here: `recon --help` need not wait for DuckDB and Arrow
    from recon_assets.comparison import ComparisonError
    from recon_assets.comparison.proof import prove as prove_record
    from recon_assets.reports.files import ReportError, write_atomically

    try:
        proof = prove_record(_read(report), memory_limit=memory_limit, temp_directory=temp_directory)
        record = json.dumps(proof.to_json(), ensure_ascii=False, allow_nan=False, indent=2)
        if json_to == "-":
            click.echo(record)
        else:
            _print(proof)
            if json_to:
                write_atomically(Path(json_to), record + "\n")
    except (ComparisonError, ReportError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_ERROR)
    except Exception:  # Python's own exit code would be 1, which says that the proof failed
        traceback.print_exc()
        sys.exit(EXIT_ERROR)
    sys.exit(EXIT_PROVEN if proof.holds else EXIT_NOT_PROVEN)


def _read(report: Path) -> "Comparison":
    """The comparison in a record of either kind. Raises ReportError."""
    from pydantic import TypeAdapter, ValidationError

    from recon_assets.comparison.result import Comparison
    from recon_assets.reports.files import ReportError
    from recon_assets.reports.record import read_json

    try:
        text = report.read_text(encoding="utf-8")
        if "comparison" in json.loads(text):
            return read_json(report).comparison
        return TypeAdapter(Comparison).validate_json(text)
    except OSError as error:
        raise ReportError(f"cannot read {report}: {error.strerror or error}; name a record's JSON file") from error
    except (ValueError, TypeError, ValidationError) as error:
        raise ReportError(
            f"{report} is no record of a comparison ({str(error).splitlines()[0]}); give the file that"
            " `recon compare --json` or a run wrote"
        ) from error


def _print(proof: "Proof") -> None:
    from rich.console import Console
    from rich.text import Text

    from recon_assets.reports.marking import defang

    # Into a file or a pipe, wide enough for the table.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)

    def say(text: str, style: str = "") -> None:
        console.print(Text(defang(text), style), soft_wrap=True)

    say(proof.reproduction.sentence, "green" if proof.reproduction.holds else "bold red")
    for name, (recorded, found) in proof.reproduction.unlike.items():
        say(f"  {name}: {recorded} in the record, {found} now")
    say(f"Faults were planted in copies of {proof.sampled:,} of the source's rows.")
    console.print()
    console.print(_table(proof))
    failed = [each for each in proof.outcomes if not each.ok]
    for each in failed[:_SAID]:
        console.print()
        say(f"{each.fault.kind}, {each.fault.place} ({each.fault.shown}):", "bold red")
        for wrong in each.wrong:
            say(f"  {wrong}")
    if len(failed) > _SAID:
        say(f"and {len(failed) - _SAID} more: --json has all")
    console.print()
    say(proof.sentence, "green" if proof.holds else "bold red")


def _table(proof: "Proof") -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for name in ("fault", "where"):
        table.add_column(name, overflow="fold")
    for name in ("planted", "found"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for kind, where, planted, found, says, style in _lines(proof):
        table.add_row(kind, Text(where), planted, found, Text(says, style))
    return table


def _lines(proof: "Proof") -> Iterator[tuple[str, str, str, str, str, str]]:
    """One line per kind and outcome: kind, columns, planted, found, what that means, style."""
    from recon_assets.reports.marking import defang

    def where(places: list[str]) -> str:
        named = ", ".join(defang(place) for place in places[:_NAMED])
        return named if len(places) <= _NAMED else f"{named} and {len(places) - _NAMED} more"

    outcomes = {(o.fault.kind, o.fault.counts, o.ok): [] for o in proof.outcomes}
    for o in proof.outcomes:
        outcomes[o.fault.kind, o.fault.counts, o.ok].append(o.fault.place)
    for (kind, counts, ok), places in sorted(outcomes.items(), key=lambda each: not each[0][1]):
        planted, found = str(len(places)), str(len(places) if ok == counts else 0)
        says = "FAILED" if not ok else "ok" if counts else "disregarded, as the rule says"
        yield kind, where(places), planted, found, says, "green" if ok else "bold red"
    by_reason = sorted(proof.impossible, key=lambda each: (each.kind, each.reason))
    for (kind, reason), each in groupby(by_reason, key=lambda each: (each.kind, each.reason)):
        yield kind, where([one.place for one in each]), "–", "–", f"not possible: {defang(reason)}", "dim"
