"""Reconciles migrated stored procedures with their originals, as a Dagster asset graph.

The component is loaded on first use: `recon compare` and `recon tsql` start without Dagster.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recon_assets.component import ProcedureReconciliation

__all__ = ["ProcedureReconciliation"]


def __getattr__(name: str) -> Any:
    if name == "ProcedureReconciliation":
        from recon_assets.component import ProcedureReconciliation

        return ProcedureReconciliation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
