"""`recon doctor`: checks each configured part of the deployment, one line each, with the remedy.

Does not belong here: the checks (`recon_assets.doctor`).
"""

import click
import dagster as dg
from rich.console import Console
from rich.markup import escape


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Check what this deployment needs: drivers, logins, rights, storage, Java, Spark, disk.

    Exit code 0; 1: something that is needed is missing; 2: the configuration is wrong.
    """
    console = Console(soft_wrap=True, highlight=False)
    import recon_assets.defs
    from recon_assets.deployments import deployment
    from recon_assets.doctor import examine
    from recon_assets.errors import ProjectError
    from recon_assets.home import home
    from recon_assets.project import declarations_of

    try:
        declarations, resources = declarations_of(recon_assets.defs), deployment(home())
    except ProjectError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"[red]recon: {escape(str(error))}[/red]")
        ctx.exit(2)
    missing = False
    with dg.build_resources(resources) as built:
        for finding in examine(built._asdict(), declarations, home()):
            mark = (
                "[green]ok[/green]     "
                if finding.passed
                else "[red]missing[/red]"
                if finding.needed
                else "[yellow]without[/yellow]"
            )
            console.print(f"{mark}  {escape(finding.what)}{escape(': ' + finding.says if finding.says else '')}")
            missing = missing or (finding.needed and not finding.passed)
    ctx.exit(int(missing))
