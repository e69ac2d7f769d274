"""`<OUTPUT>_report`: both sides' outputs compared, the verdict, and its asset checks.

Does not belong here: comparing (`comparison`), or how a report looks and where it lies (`reports`, `io_managers`).
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import dagster as dg

from recon_assets.assets.declaration import Declaration
from recon_assets.assets.layers import CODE
from recon_assets.comparison import Rules
from recon_assets.engines import Comparer
from recon_assets.io_managers.stored_table import NotIntact, StoredTable
from recon_assets.reports.checks import CHECKS, check_facts
from recon_assets.reports.record import InputProof, OutputReport, ParameterText
from recon_assets.sources.base import OFFSET_OF, Parameter
from recon_assets.spec import OutputSpec, Reconciliation, bare_name

_VERSIONS = ("recon-assets", "dagster", "duckdb", "pyarrow", "pyspark", "deltalake", "sqlglot")


def output_report(declaration: Declaration, output: OutputSpec, name: str) -> dg.AssetsDefinition:
    """The asset that compares one output."""
    spec = declaration.spec
    key = declaration.key(name, "report")

    @dg.asset(
        key=key,
        ins={
            "source_output": dg.AssetIn(declaration.key(name, "adls"), input_manager_key="copy_layer"),
            "target_output": dg.AssetIn(declaration.key(name, "delta"), input_manager_key="delta_layer"),
        },
        description=spec.description or f"Does the migrated {declaration.title} give the same {name}?",
        io_manager_key="report_store",
        check_specs=[dg.AssetCheckSpec(name, asset=key, description=says) for name, says in CHECKS.items()],
        code_version=output.model_dump_json(),
        metadata=declaration.code_references(declaration.procedure.definition, declaration.logic_file),
        **declaration.shared("report", "spark" if spec.engine == "spark" else "duckdb"),
    )
    def report(
        context: dg.AssetExecutionContext,
        engine: dg.ResourceParam[Comparer],
        source_output: StoredTable,
        target_output: StoredTable,
    ) -> Iterator[Any]:
        inputs = _proofs(declaration, source_output, target_output)
        rules = _without_offsets(output.rules, source_output, target_output)
        comparison = engine.compare(source_output, target_output, rules, spec.engine)
        record = context.instance.get_run_record_by_id(context.run_id)
        finished = datetime.now(UTC)
        started = datetime.fromtimestamp(record.start_time, UTC) if record and record.start_time else finished
        yield dg.Output(
            OutputReport(
                reconciliation=declaration.name,
                procedure=declaration.title,
                output=name,
                run_id=context.run_id,
                started_at=started,
                finished_at=finished,
                comparison=comparison,
                expected=output.expect,
                parameters=_parameters(spec),
                source_system=source_output.made_by.get("source", ""),
                target_system=", ".join(
                    how if what == "target" else f"{what} {how}"
                    for what, how in target_output.made_by.items()
                    if what != CODE
                ),
                inputs=inputs,
                notes=list(source_output.notes),
                code_hashes=declaration.code_hashes(),
                versions={package: version(package) for package in _VERSIONS},
            ),
            data_version=_data_version(source_output, target_output, output),
        )
        for fact in check_facts(comparison):
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=fact.name,
                passed=fact.passed,
                severity=dg.AssetCheckSeverity(fact.severity),
                description=fact.description,
                metadata=fact.metadata,
            )

    return report


def _without_offsets(rules: Rules, source: StoredTable, target: StoredTable) -> Rules:
    """The rules, ignoring offsets that the source's snapshot has in columns of their own, where the target has none and
    no rule names them."""
    there = {name.lower() for name in (*target.schema.names, *rules.rename, *rules.keys)}
    offsets = [field.name for field in source.schema if OFFSET_OF in (field.metadata or {})]
    ignored = tuple(name for name in offsets if name.lower() not in there)
    return rules.model_copy(update={"ignore": rules.ignore + ignored})


def _data_version(source: StoredTable, target: StoredTable, output: OutputSpec) -> dg.DataVersion:
    """What a verdict depends on: two runs over the same rows and rules have one data version."""
    parts = (source.fingerprint.digest, target.fingerprint.digest, output.model_dump_json())
    return dg.DataVersion(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32])


def _parameters(spec: Reconciliation) -> dict[str, ParameterText]:
    """What both sides were given, as text; the clock among them."""
    given = dict(spec.bound_parameters())
    if spec.clock is not None:
        given["clock"] = Parameter("clock", "datetime2", spec.clock)
    return {
        name: ParameterText(type=bound.type, value=None if bound.value is None else str(bound.value))
        for name, bound in given.items()
    }


def _proofs(declaration: Declaration, source: StoredTable, target: StoredTable) -> list[InputProof]:
    """That both outputs rest on the same inputs. Raises NotIntact where one side was made from others."""
    names = [bare_name(table) for table in declaration.spec.inputs]
    sides = (source, target) if target.inputs else (source,)
    apart = [name for name in names if len({side.inputs.get(name) for side in sides}) > 1 or name not in source.inputs]
    if apart:
        raise NotIntact(
            f"the two sides of {source.table} were made from different rows of {', '.join(apart)}: comparing them"
            f" would say nothing. Materialize the whole reconciliation {declaration.name} again."
        )
    for side, output, declared in (
        ("procedure", source, declaration.source_version()),
        ("migrated logic", target, declaration.target_version()),
    ):
        if output.made_by.get(CODE) != declared:
            raise NotIntact(
                f"{output.table} was made by another text, parameters or clock of the {side} than {declaration.name}"
                f" declares now. Materialize the whole reconciliation {declaration.name} again."
            )
    proofs = []
    for name in names:
        read, read_by_target = source.inputs[name], target.inputs.get(name)
        proofs.append(
            InputProof(
                table=name,
                source_rows=read.rows,
                source_fingerprint=read.fingerprint,
                target_rows=read_by_target.rows if read_by_target else None,
                target_fingerprint=read_by_target.fingerprint if read_by_target else None,
            )
        )
    return proofs
