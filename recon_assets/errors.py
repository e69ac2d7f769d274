"""The error that a project's own files cause.

Does not belong here: what a source, a target or the comparison raises (each room has its own).
"""


class ProjectError(Exception):
    """A reconciliation can't be loaded; the message names file, line and field where there are any."""
