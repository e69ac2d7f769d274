"""A run's verdicts for people and for other programs: JSON, CSV, HTML, Dagster metadata, console.

Belongs here: turning a finished `Comparison` and the facts of its run into something shown or stored.
Does not belong here: computing anything about tables (`comparison`), or wiring it to assets (`assets`).
"""
