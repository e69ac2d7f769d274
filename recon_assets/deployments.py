"""Which systems the assets run on: the resources of each deployment.

Belongs here: everything that differs between running on one machine and running on Azure. Does not belong here:
anything an asset does; assets, IO managers and comparison are the same objects in every deployment.
"""

from pathlib import Path
from typing import Any

from recon_assets.engines import Comparer
from recon_assets.io_managers.copies import CopyLayer
from recon_assets.io_managers.delta import DeltaLayer
from recon_assets.io_managers.parquet import ParquetLayer
from recon_assets.io_managers.report_store import ReportStore
from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.targets.local_spark import local_spark


def local(root: Path) -> dict[str, Any]:
    """Resources that need nothing but Python packages and Java: everything lies below `root`."""
    target = local_spark(root / "spark")
    return {
        "source": EmbeddedSource(root / "source"),
        "target": target,
        "parquet_layer": ParquetLayer(root=str(root / "parquet")),
        "copy_layer": CopyLayer(root=str(root / "adls")),
        "delta_layer": DeltaLayer(root=str(root / "delta"), target=target),
        "engine": Comparer(scratch=str(root / "scratch"), target=target),
        "report_store": ReportStore(root=str(root / "reports")),
    }
