"""`recon example-data`: the examples' source tables.

Does not belong here: the tables themselves (`recon_assets.example_data`).
"""

import click
from rich.console import Console

from recon_assets import preflight
from recon_assets.example_data import DEFAULT_ROWS, create_example_data, example_tables
from recon_assets.home import home
from recon_assets.sources.embedded import EmbeddedSource

# Measured on the examples: source, snapshots, copies, Delta tables and Spark's scratch, with room to spare.
_BYTES_PER_ROW = 2_000


@click.command("example-data")
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    default=DEFAULT_ROWS,
    envvar="RECON_EXAMPLE_ROWS",
    show_default=True,
    show_envvar=True,
    help="About how many fact rows.",
)
@click.pass_context
def example_data(ctx: click.Context, rows: int) -> None:
    """Make the examples' tables in the embedded source, unless they are there in this size."""
    console = Console(stderr=True)
    source = EmbeddedSource(home() / "source")
    try:
        preflight.java()
        preflight.disk(home(), 1_000_000_000 + rows * _BYTES_PER_ROW)
    except preflight.Unmet as error:
        console.print(f"recon: {error}", style="red", highlight=False, soft_wrap=True)
        ctx.exit(2)
    tables = example_tables(rows)
    there = {str(table.name): table.rows for table in source.tables()} if source.root.is_dir() else {}
    if there.get(tables[-1].name) == rows and all(table.name in there for table in tables):
        return
    with console.status(f"Making the examples' tables, {rows:,} rows …") as status:
        for table in create_example_data(source, tables):
            status.update(f"Made {table.name} …")
