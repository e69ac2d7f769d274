"""`recon`: the command line.

Belongs here: the group, which imports a command's module only when that command is called, so that `recon compare`
starts without Dagster and Spark. Does not belong here: any command (a module each).
"""

from importlib import import_module

import click

_COMMANDS = {
    "compare": "recon_assets.cli.compare:compare",
    "doctor": "recon_assets.cli.doctor:doctor",
    "example-data": "recon_assets.cli.example_data:example_data",
    "prove": "recon_assets.cli.prove:prove",
    "run": "recon_assets.cli.run:run",
    "tsql": "recon_assets.cli.tsql:tsql",
    "ui": "recon_assets.cli.ui:ui",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="recon-assets")
def main() -> None:
    """Show that a migrated stored procedure gives the same rows."""
