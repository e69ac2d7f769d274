"""`recon compare`: two datasets in, one verdict out.

Belongs here: the command's arguments and its exit codes. Does not belong here: comparing (`comparison`), or what the
result looks like (`reports.terminal`).
"""

import json
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from recon_assets.comparison import Comparison

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
@click.option(
    "--memory-limit",
    metavar="SIZE",
    help="The most memory DuckDB may take.  [default: for each core 100 MB, a row group and 4 MB a column]",
)
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
    """Compare two datasets: Parquet or CSV files or folders of them, Delta tables (PATH@7: as of version 7), or Parquet
    files in ADLS (abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH, reached by the RECON_STORAGE_ variables).

    Exit code 0: MATCH; 1: anything else; 2: they could not be compared.
    """
    # imported here: `recon --help` need not wait for DuckDB and Arrow
    from recon_assets.cli.datasets import dataset
    from recon_assets.comparison import ComparisonError, Rules, Verdict
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
            dataset(source),
            dataset(target),
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


def _print(result: "Comparison") -> None:
    from rich.console import Console

    from recon_assets.reports.terminal import print_comparison

    # Into a file or a pipe, wide enough for the tables.
    print_comparison(result, Console(highlight=False, width=None if sys.stdout.isatty() else 120))
