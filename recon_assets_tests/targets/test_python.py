"""Migrated logic as a PySpark function on a real local Spark."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon_assets.sources.base import Parameter
from recon_assets.targets.base import Logic, ParquetFiles, TableVersion, TargetError
from recon_assets.targets.local_spark import LocalSpark

PARAMETERS = {"LoopInstance": Parameter("LoopInstance", "int", 3)}


@pytest.fixture
def inputs(target: LocalSpark, tmp_path: Path) -> dict[str, TableVersion]:
    rows = pa.table({"id": [1, 2]})
    pq.write_table(rows, tmp_path / "a.parquet")
    target.load(ParquetFiles([str(tmp_path / "a.parquet")], rows.schema), str(tmp_path / "a"))
    table = TableVersion(str(tmp_path / "a"), 0)
    return {"Account": table, "AccountID": table}


def run(target: LocalSpark, folder: Path, body: str, inputs: dict[str, TableVersion], *outputs: str) -> dict:
    (folder / "target.py").write_text(body)
    logic = Logic("python", "target:f", folder)
    with target.run(logic, inputs, outputs or ("OUT",), PARAMETERS, datetime(2024, 7, 31)) as frames:
        return {name: sorted(tuple(row) for row in frame.collect()) for name, frame in frames.items()}


def test_arguments_are_matched_by_name_whatever_their_case_and_underscores(target, tmp_path, inputs):
    body = """
def f(Account_df, account_id, spark, loop_instance=0, clock=None, untouched="default"):
    rows = [(Account_df.count() + account_id.count(), loop_instance, clock.year, untouched)]
    return spark.createDataFrame(rows, "n int, l int, y int, u string")
"""
    assert run(target, tmp_path, body, inputs) == {"OUT": [(4, 3, 2024, "default")]}


def test_several_outputs_come_as_a_dict_by_name(target, tmp_path, inputs):
    body = "def f(Account):\n    return {'a': Account, 'B': Account.limit(0)}"
    assert run(target, tmp_path, body, inputs, "A", "B") == {"A": [(1,), (2,)], "B": []}


def test_an_edited_module_is_loaded_anew(target, tmp_path, inputs):
    assert run(target, tmp_path, "def f(Account):\n    return Account.where('id = 1')", inputs) == {"OUT": [(1,)]}
    assert run(target, tmp_path, "def f(Account):\n    return Account.where('id = 2 ')", inputs) == {"OUT": [(2,)]}


def test_an_argument_that_may_mean_two_things_is_not_guessed(target, tmp_path, inputs):
    body = "def f(accountid):\n    return accountid"
    both = {"AccountID": inputs["Account"], "Account_ID": inputs["Account"]}
    with pytest.raises(TargetError, match="argument `accountid` may mean AccountID or Account_ID: spell it"):
        run(target, tmp_path, body, both)
    assert run(target, tmp_path, body.replace("accountid", "Account_ID"), both) == {"OUT": [(1,), (2,)]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "def f(Account_df, Policies_df):\n    return Account_df",
            "argument `Policies_df` that is no input table",
        ),
        ("def f(Account):\n    return None", "returned None for OUT: return a Spark DataFrame"),
        ("def f(Account):\n    return [1]", r"returned a builtins\.list for OUT"),
        ("def f(Account):\n    return {'OTHER': Account}", "returned no output OUT; it returned other"),
        (
            "def f(Account):\n    x = 1\n    raise ValueError('no such rate')",
            r"target\.py:3: ValueError: no such rate",
        ),
        ("def f(Account):\n    return Account.select('nope')", r"target\.py:2: AnalysisException: .*nope"),
        ("def g(Account):\n    return Account", "has no function f"),
        ("import no_such_module\n", r"target\.py:1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("def f(:", "SyntaxError"),
    ],
)
def test_a_mistake_is_told_with_its_place(target, tmp_path, inputs, body, message):
    with pytest.raises(TargetError, match=f"(?s){message}"):
        run(target, tmp_path, body, inputs)
