"""Which systems the assets run on: the resources of each deployment.

Belongs here: everything that differs between running on one machine and running on Azure, and the environment
variables that say how. Does not belong here: anything an asset does; assets, IO managers and comparison are the same
objects in every deployment.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import dagster as dg
from pydantic import ValidationError

from recon_assets.engines import Comparer
from recon_assets.errors import ProjectError
from recon_assets.io_managers.copies import CopyLayer
from recon_assets.io_managers.delta import DeltaLayer
from recon_assets.io_managers.exports import ExportLayer
from recon_assets.io_managers.fingerprinting import Fingerprinter
from recon_assets.io_managers.parquet import ParquetLayer
from recon_assets.io_managers.report_store import ReportStore
from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.targets.local_spark import local_spark
from recon_assets.targets.spark import SparkTarget

if TYPE_CHECKING:
    from recon_assets.io_managers.adls import AdlsStorage

Resource = TypeVar("Resource", bound=dg.ConfigurableResource)


def deployment(root: Path) -> dict[str, Any]:
    """The resources of the deployment that `RECON_DEPLOYMENT` names, `local` if it is not set.

    Raises ProjectError where there is none of that name, or a variable that it needs is not set or wrong.
    """
    name = os.environ.get("RECON_DEPLOYMENT") or "local"
    if name not in DEPLOYMENTS:
        raise ProjectError(f"RECON_DEPLOYMENT is {name!r}; there are {' and '.join(DEPLOYMENTS)}")
    return DEPLOYMENTS[name](root)


def local(root: Path) -> dict[str, Any]:
    """Resources that need nothing but Python packages and Java: everything lies below `root`."""
    shared = {"root": str(root / "adls")}
    return resources(root, shared, EmbeddedSource(root / "source"), local_spark(root / "spark"))


def azure(root: Path) -> dict[str, Any]:
    """The procedures' own server, ADLS where `RECON_STORAGE_ROOT` names a place, and a Spark elsewhere where
    `RECON_TARGET_REMOTE` names one; the rest lies below `root`."""
    return resources(root, _lake(root), _server(root), _target(root))


_SECRET = ("password", "remote")

DEPLOYMENTS: Mapping[str, Callable[[Path], dict[str, Any]]] = {"local": local, "azure": azure}


def resources(root: Path, shared: Mapping[str, Any], source: Any, target: SparkTarget) -> dict[str, Any]:
    """Resources for a source and a target; `shared`: where the layers lie that both reach."""
    fingerprinter = Fingerprinter(target=target)
    return {
        "source": source,
        "target": target,
        "parquet_layer": ParquetLayer(root=str(root / "parquet")),
        "export_layer": ExportLayer(**shared, fingerprinter=fingerprinter),
        "copy_layer": CopyLayer(**shared),
        "delta_layer": DeltaLayer(root=str(root / "delta"), target=target, fingerprinter=fingerprinter),
        "engine": Comparer(scratch=str(root / "scratch"), target=target),
        "report_store": ReportStore(root=str(root / "reports")),
    }


def _server(root: Path) -> Any:
    from recon_assets.sources.sqlserver.source import SynapseResource

    return _configured("RECON_SOURCE", SynapseResource, scratch=str(root / "scratch"))


def _target(root: Path) -> SparkTarget:
    if not os.environ.get("RECON_TARGET_REMOTE"):
        return local_spark(root / "spark")
    if os.environ.get("DATABRICKS_HOST"):
        from recon_assets.targets.databricks.target import DatabricksTarget

        return _configured("RECON_TARGET", DatabricksTarget)
    from recon_assets.targets.connect import ConnectSpark

    return _configured("RECON_TARGET", ConnectSpark)


def _configured(prefix: str, resource: type[Resource], **given: Any) -> Resource:
    """A resource with the fields that the environment gives, and others. Raises ProjectError."""
    try:
        return resource(**(given | _from_environment(prefix, resource)))
    except ValidationError as error:
        raise ProjectError(_explained(prefix, error)) from None  # it would repeat the values


def storage() -> "AdlsStorage":
    """The account in ADLS that the environment gives access to. Raises ProjectError."""
    from dagster_azure.blob import AzureBlobStorageKeyCredential, AzureBlobStorageSASTokenCredential

    from recon_assets.io_managers.adls import AdlsStorage

    given: dict[str, Any] = {"account_url": os.environ.get("RECON_STORAGE_ACCOUNT_URL")}
    if "?" in (given["account_url"] or ""):
        raise ProjectError("RECON_STORAGE_ACCOUNT_URL has a query: give a signature as RECON_STORAGE_SAS")
    if os.environ.get("RECON_STORAGE_CONNECTION_STRING"):
        given["connection_string"] = dg.EnvVar("RECON_STORAGE_CONNECTION_STRING")
    elif os.environ.get("RECON_STORAGE_KEY"):
        given["credential"] = AzureBlobStorageKeyCredential(key=dg.EnvVar("RECON_STORAGE_KEY"))
    elif os.environ.get("RECON_STORAGE_SAS"):
        given["credential"] = AzureBlobStorageSASTokenCredential(token=dg.EnvVar("RECON_STORAGE_SAS"))
    return AdlsStorage(**given)


def _lake(home: Path) -> dict[str, Any]:
    """A folder in ADLS, and what reaches it; one of this machine where none there is named."""
    root = os.environ.get("RECON_STORAGE_ROOT")
    return {"root": root, "storage": storage()} if root else {"root": str(home / "adls")}


def _from_environment(prefix: str, resource: type[dg.ConfigurableResource]) -> dict[str, Any]:
    """The fields of a resource that are set as `<PREFIX>_<FIELD>`; what is secret stays a name, which Dagster shows."""
    given: dict[str, Any] = {}
    for field in resource.model_fields:
        variable = f"{prefix}_{field.upper()}"
        if os.environ.get(variable):
            given[field] = dg.EnvVar(variable) if field in _SECRET else os.environ[variable]
    return given


def _explained(prefix: str, error: ValidationError) -> str:
    problems = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        said = problem["msg"].removeprefix("Value error, ")
        if problem["loc"]:
            variable = f"{prefix}_{'_'.join(str(part) for part in problem['loc'])}".upper()
            said = f"{variable}: {said}" if os.environ.get(variable) else f"set {variable}"
        problems.append(said)
    return "RECON_DEPLOYMENT is azure: " + "; ".join(problems)
