"""Migrated logic as a PySpark function, on any Spark session.

Belongs here: finding the function, matching its arguments by name, and checking what it returns. Does not belong
here: the session's settings, or storing what comes out.
"""

import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from recon_assets.comparison.spark.errors import plain_message
from recon_assets.sources.base import Parameter
from recon_assets.targets.base import Logic, TargetError


def run(
    session: SparkSession,
    logic: Logic,
    inputs: Mapping[str, DataFrame],
    outputs: Sequence[str],
    parameters: Mapping[str, Parameter],
    clock: datetime | None,
) -> dict[str, DataFrame]:
    """Call the function with what its arguments name. Raises TargetError with the place inside the function."""
    function = load(logic)
    offered: list[tuple[str, Any]] = [("spark", session), *(("clock", clock),) * (clock is not None)]
    offered += [(name, parameter.value) for name, parameter in parameters.items()]
    offered += [(name + ending, frame) for name, frame in inputs.items() for ending in ("", "_df")]
    arguments = _match(logic, function, offered)
    try:
        returned = function(**arguments)
    except Exception as error:
        raise TargetError(_failed(logic, error)) from error
    return _outputs(logic, returned, outputs)


def load(logic: Logic) -> Callable[..., Any]:
    """Import the function: from a module beside the YAML, else from an installed one. Raises TargetError."""
    module_name, function_name = logic.text.split(":")
    try:
        module = _import(module_name, logic.folder)
    except Exception as error:
        raise TargetError(_failed(logic, error)) from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise TargetError(
            f"{module.__file__} has no function {function_name}: correct `python:` in the YAML, or write it"
        )
    return function  # type: ignore[no-any-return]


def source_file(logic: Logic) -> Path | None:
    """The file of the module: beside the YAML, or installed; None where there is none."""
    module = logic.text.split(":")[0]
    path = logic.folder / f"{module}.py"
    if path.is_file():
        return path
    try:
        found = importlib.util.find_spec(module)
    except ImportError:
        return None
    return Path(found.origin) if found and found.origin else None


def _import(module_name: str, folder: Path) -> Any:
    path = folder / f"{module_name}.py"
    if not path.is_file():
        return importlib.import_module(module_name)
    # Every reconciliation has its own `target.py`: each is loaded under a name of its own, and anew for each run.
    spec = importlib.util.spec_from_file_location(f"recon_target_{folder.name}_{module_name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # what Spark pickles by reference is found again
    spec.loader.exec_module(module)
    return module


def _match(logic: Logic, function: Callable[..., Any], offered: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        meant = [(n, value) for n, value in offered if n == name] or [
            (n, value) for n, value in offered if _folded(n) == _folded(name)
        ]
        if len(meant) > 1:
            raise TargetError(
                f"{logic.text}: argument `{name}` may mean {' or '.join(n for n, _ in meant)}: spell it as one of them"
            )
        if meant:
            arguments[name] = meant[0][1]
        elif parameter.default is parameter.empty:
            raise TargetError(
                f"{logic.text} has an argument `{name}` that is no input table (with or without `_df`), no parameter"
                f" and not `spark`; there are: {', '.join(n for n, _ in offered)} (case and underscores don't matter)"
            )
    return arguments


def _outputs(logic: Logic, returned: Any, outputs: Sequence[str]) -> dict[str, DataFrame]:
    if len(outputs) == 1 and not isinstance(returned, Mapping):
        returned = {outputs[0]: returned}
    if not isinstance(returned, Mapping):
        raise TargetError(f"{logic.text} returned {_kind(returned)}: return a dict of DataFrames by output name")
    by_name = {str(name).lower(): frame for name, frame in returned.items()}
    for name in outputs:
        if name.lower() not in by_name:
            raise TargetError(f"{logic.text} returned no output {name}; it returned {', '.join(by_name) or 'none'}")
        if not hasattr(by_name[name.lower()], "sparkSession"):
            raise TargetError(
                f"{logic.text} returned {_kind(by_name[name.lower()])} for {name}: return a Spark DataFrame"
            )
    return {name: by_name[name.lower()] for name in outputs}


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__module__}.{type(value).__name__}"


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _failed(logic: Logic, error: Exception) -> str:
    """The error with the last line of the user's own file that led to it."""
    own = source_file(logic)
    frames = traceback.extract_tb(error.__traceback__)
    place = next((f"{f.filename}:{f.lineno}" for f in reversed(frames) if own and Path(f.filename) == own), logic.text)
    return f"{place}: {type(error).__name__}: {plain_message(error)}"
