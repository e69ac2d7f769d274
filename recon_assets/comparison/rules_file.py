"""Reading rules from a YAML file.

Belongs here: the file's errors, each with its line. Does not belong here: what the rules are (`rules`), or
whether they fit the data (`schema`).
"""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from recon_assets.comparison.errors import ComparisonError, close_names
from recon_assets.comparison.rules import ColumnRule, Rules


class _Loader(yaml.SafeLoader):
    """Numbers with a point are read as decimals, digit by digit as they were written."""


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    try:
        return Decimal(node.value.replace("_", ""))
    except InvalidOperation:  # .inf, .nan, or base 60: not for decimals, so the rules' model will refuse it
        return loader.construct_yaml_float(node)


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)


def read_rules(file: Path) -> Rules:
    """The rules in a YAML file; an empty file is no rules.

    Raises ComparisonError, naming file and line, for unreadable YAML and for what the rules' model doesn't
    know.
    """
    try:
        text = file.read_text(encoding="utf-8")
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return Rules()
        _refuse_repeated(file, root)
        content = loader.construct_document(root)
    except (OSError, UnicodeDecodeError) as error:
        raise ComparisonError(f"{file}: can't be read ({error})") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ComparisonError(f"{file}:{line}: not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ComparisonError(f"{file}: not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise ComparisonError(f"{file}:1: the rules must be a mapping of {', '.join(Rules.model_fields)}")
    try:
        return Rules.model_validate(content)
    except ValidationError as error:
        raise ComparisonError("\n".join(_message(file, root, e) for e in error.errors())) from error


def _message(file: Path, root: yaml.Node, error: dict[str, Any]) -> str:
    place = [str(part) for part in error["loc"]]
    line = _line(root, place)
    name = ".".join(place)
    if error["type"] == "extra_forbidden":
        model = ColumnRule if place[0] == "columns" else Rules
        return f"{file}:{line}: unknown rule {name!r}; {close_names(place[-1], model.model_fields)}"
    return f"{file}:{line}: {name}: {error['msg']} (found {error['input']!r})"


def _line(node: yaml.Node, place: list[str]) -> int:
    line = node.start_mark.line + 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == part), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
    return line


def _refuse_repeated(file: Path, node: yaml.Node) -> None:
    """YAML lets a later key replace an earlier one silently; here that would be a rule lost."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise ComparisonError(f"{file}:{line}: {key.value!r} is given twice; keep one")
            seen.add(key.value)
            _refuse_repeated(file, value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeated(file, value)
