"""`recon ui`: Dagster's webserver and daemon over the instance that `recon run` uses.

Does not belong here: a production deployment, which runs them as services.
"""

import os
import sys
from pathlib import Path

import click

from recon_assets import preflight
from recon_assets.home import ensure_dagster_home, home


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
@click.option(
    "--workspace",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default="workspace.yaml",
    show_default=True,
)
@click.pass_context
def ui(ctx: click.Context, port: int, workspace: Path) -> None:
    """Serve the UI on 127.0.0.1 and run schedules and sensors, until interrupted."""
    try:
        preflight.java()
        preflight.port(port)
    except preflight.Unmet as error:
        click.secho(f"recon: {error}", fg="red", err=True)
        ctx.exit(2)
    ensure_dagster_home()
    os.environ.setdefault("RECON_HOME", str(home()))
    dagster = Path(sys.executable).with_name("dagster")
    os.execv(dagster, [str(dagster), "dev", "-w", str(workspace), "--host", "127.0.0.1", "--port", str(port)])
