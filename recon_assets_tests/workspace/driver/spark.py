"""The Spark session that a job finds.

Belongs here: the session with a cluster's settings, and the workspace's paths in what it reads, writes and executes.
Does not belong here: which Spark it is; the environment says so.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from recon_assets_tests.workspace.places import Places


def start(tags: Mapping[str, str], places: Places) -> Any:
    """The active session, as a cluster has one before a job's code begins."""
    from pyspark.sql import SparkSession  # seconds, which jobs without Spark need not spend

    session = SparkSession.builder.getOrCreate()
    for name, value in tags.items():
        session.conf.set(f"spark.databricks.clusterUsageTags.{name}", value)
    _map_paths(type(session), "sql", places.in_text)
    frame = session.range(0)
    for kind, names in {
        type(session.read): ("load", "parquet", "csv", "json", "text", "orc"),
        type(frame.write): ("save", "parquet", "csv", "json", "text", "orc"),
    }.items():
        for name in names:
            _map_paths(kind, name, places.local)
    return session


def _map_paths(kind: type, name: str, place: Callable[[str], str]) -> None:
    function = getattr(kind, name)

    def placed(value: Any) -> Any:
        if isinstance(value, str):
            return place(value)
        return [placed(each) for each in value] if isinstance(value, list | tuple) else value

    @functools.wraps(function)
    def mapped(self: Any, *arguments: Any, **options: Any) -> Any:
        named = {key: placed(value) if key in ("path", "sqlQuery") else value for key, value in options.items()}
        return function(self, *map(placed, arguments[:1]), *arguments[1:], **named)

    setattr(kind, name, mapped)
