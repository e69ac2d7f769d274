"""The embedded source: tables in a folder, T-SQL run on DuckDB. Import from here; the modules are its own
matter."""

from recon_assets.sources.embedded.catalog import Column, StoredTable
from recon_assets.sources.embedded.run import EmbeddedRun, ProcedureFailed
from recon_assets.sources.embedded.source import EmbeddedSource

__all__ = ["Column", "EmbeddedRun", "EmbeddedSource", "ProcedureFailed", "StoredTable"]
