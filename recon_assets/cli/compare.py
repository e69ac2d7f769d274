"""`recon compare`: two datasets in, one verdict out.

Belongs here: the command's arguments, its exit codes and what it prints. Does not belong here: comparing
(`comparison`).
"""

import json
import sys
import traceback
from pathlib import Path

import click

EXIT_MATCH, EXIT_NO_MATCH, EXIT_ERROR = 0, 1, 2


@click.command()
@click.argument("source")
@click.argument("target")
@click.option("--key", "keys", multiple=True, metavar="COLUMN", help="A key column; repeat it for more.")
@click.option("--rules", "rules_file", type=click.Path(path_type=Path), metavar="FILE", help="Rules as YAML.")
@click.option("--json", "json_to", metavar="FILE|-", help="Write the full record as JSON; - is stdout.")
@click.option("--exact", is_flag=True, help="Leave the fingerprints out: join and compare every row.")
@click.option(
    "--samples", default=20, show_default=True, type=click.IntRange(min=0), help="Differing values shown per column."
)
@click.option("--memory-limit", metavar="SIZE", help="The most memory DuckDB may take.  [default: 1GB]")
@click.option(
    "--temp-directory", type=click.Path(path_type=Path), metavar="FOLDER", help="Where to spill what doesn't fit."
)
def compare(
    source: str,
    target: str,
    keys: tuple[str, ...],
    rules_file: Path | None,
    json_to: str | None,
    exact: bool,
    samples: int,
    memory_limit: str | None,
    temp_directory: Path | None,
) -> None:
    """Compare two datasets: Parquet or CSV files or folders of them, Delta tables.

    Exit code 0: MATCH; 1: anything else; 2: they could not be compared.
    """
    # imported here: `recon --help` need not wait for DuckDB and Arrow
    from recon_assets.comparison import ComparisonError, Dataset, Rules, Verdict
    from recon_assets.comparison import compare as compare_datasets
    from recon_assets.comparison.rules_file import read_rules

    try:
        rules = read_rules(rules_file) if rules_file else Rules()
        if keys and rules.keys and {k.lower() for k in keys} != {k.lower() for k in rules.keys}:
            raise ComparisonError(
                f"--key names {', '.join(keys)}, but {rules_file} has keys {', '.join(rules.keys)}; keep one"
            )
        if keys:
            rules = rules.model_copy(update={"keys": keys})
        result = compare_datasets(
            Dataset.open(source),
            Dataset.open(target),
            rules,
            samples=samples,
            memory_limit=memory_limit,
            temp_directory=temp_directory,
            exact=exact,
        )
        record = json.dumps(result.to_json(), ensure_ascii=False, allow_nan=False, indent=2)
        if json_to == "-":
            click.echo(record)
        else:
            _print(result)
            if json_to:
                _write(Path(json_to), record)
    except ComparisonError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_ERROR)
    except Exception:  # Python's own exit code would be 1, which says that the data differ
        traceback.print_exc()
        sys.exit(EXIT_ERROR)
    sys.exit(EXIT_MATCH if result.verdict is Verdict.MATCH else EXIT_NO_MATCH)


def _write(file: Path, record: str) -> None:
    from recon_assets.comparison import ComparisonError

    try:
        file.write_text(record + "\n", encoding="utf-8")
    except OSError as error:
        raise ComparisonError(f"{file}: can't be written ({error.strerror}); name another --json file") from error


def _print(result) -> None:
    """The verdict, the counts, the columns that differ and their samples, for a terminal or a log."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    colour = {"MATCH": "green", "PARTIAL MATCH": "yellow", "NO MATCH": "red"}[result.verdict]
    console.print(Text.assemble((str(result.verdict), f"bold {colour}"), "  ", result.reason))
    console.print(
        f"source rows {result.source_rows}, target rows {result.target_rows}, paired {result.paired_rows}, "
        f"missing {result.missing_rows}, extra {result.extra_rows}, duplicate keys "
        f"{result.duplicate_keys.source} / {result.duplicate_keys.target}, {result.seconds:.1f} s"
    )
    if result.differing_columns:
        table = Table("column", "status", "differences", "source type", "target type", "note")
        for c in result.differing_columns:
            cells = [c.name, c.status, str(c.differences), c.source_type or "", c.target_type or "", c.note or ""]
            table.add_row(*(Text(cell) for cell in cells))
        console.print(table)
    for column in result.differing_columns:
        if column.samples:
            table = Table("key", "source", "target", title=Text(column.name), title_justify="left")
            for sample in column.samples:
                table.add_row(*(Text(_cell(v)) for v in (sample.key, sample.source, sample.target)))
            console.print(table)
    for title, rows in (("missing rows", result.missing_samples), ("extra rows", result.extra_samples)):
        if rows:
            table = Table(title=title, title_justify="left")
            for name in rows[0]:
                table.add_column(Text(name))
            for row in rows:
                table.add_row(*(Text(_cell(v)) for v in row.values()))
            console.print(table)


def _cell(value: object) -> str:
    """One value on one line, NULL and blanks visible."""
    if value is None:
        return "NULL"
    if isinstance(value, dict):
        return ", ".join(f"{name}={_cell(v)}" for name, v in value.items())
    return repr(value) if isinstance(value, str) else str(value)
