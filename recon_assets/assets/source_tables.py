"""The source's own tables as external assets, shared by all reconciliations.

They join the graphs: where one procedure reads what another fills, the lineage leads through the table. Does not
belong here: anything of one reconciliation.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import dagster as dg

from recon_assets.assets.declaration import SOURCE_TABLES, Declaration, source_key
from recon_assets.spec import bare_name


def source_tables(declarations: Sequence[Declaration]) -> list[dg.AssetSpec]:
    """An external asset for every table that any reconciliation reads or fills."""
    names: dict[dg.AssetKey, str] = {}
    fills: dict[dg.AssetKey, list[tuple[Declaration, str]]] = defaultdict(list)
    reads: dict[dg.AssetKey, list[Declaration]] = defaultdict(list)
    for declaration in declarations:
        for table in declaration.spec.inputs:
            names.setdefault(source_key(table), table)
            reads[source_key(table)].append(declaration)
        for output in declaration.spec.outputs:
            if output.table:
                names.setdefault(source_key(output.table), output.table)
                fills[source_key(output.table)].append((declaration, bare_name(output.table)))
    return [
        dg.AssetSpec(
            key,
            deps=[
                declaration.key(name, "synapse")
                for declaration, name in fills[key]
                if declaration not in _readers(key, reads)
            ],
            group_name=SOURCE_TABLES,
            description=f"{table} in the source.",
            kinds={"azure", "sqlserver"},
            metadata={"dagster/table_name": table},
        )
        for key, table in sorted(names.items())
    ]


def _readers(key: dg.AssetKey, reads: Mapping[dg.AssetKey, Sequence[Declaration]]) -> list[Declaration]:
    """Who reads the table, directly or through the tables that its readers fill.

    A procedure among them that fills the table would close a circle, which a lineage can't show; the table is
    then shown as what it is for that procedure first: an input.
    """
    found: list[Declaration] = []
    pending = [key]
    while pending:
        for declaration in reads.get(pending.pop(), ()):
            if declaration not in found:
                found.append(declaration)
                pending.extend(source_key(o.table) for o in declaration.spec.outputs if o.table)
    return found
