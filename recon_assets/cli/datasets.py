"""What a command line names: a dataset by its path, a Delta table's version, or files in ADLS.

Belongs here: reading such a name. Does not belong here: reading the dataset (`comparison.dataset`), or what reaches a
storage (`deployments`).
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recon_assets.comparison import Dataset

_NAME = re.compile(r"(?P<delta>delta:)?(?P<path>.*?)(?:@(?P<version>\d+))?", re.DOTALL)


def dataset(name: str) -> "Dataset":
    """What a name stands for: `PATH`, `[delta:]PATH@VERSION`, or `abfss://CONTAINER@ACCOUNT…/PATH` of Parquet files.

    A path that is there goes before its reading as a version. Raises ComparisonError.
    """
    from pathlib import Path

    from recon_assets.comparison import Dataset

    if name.startswith("abfss://"):
        return _in_lake(name)
    found = _NAME.fullmatch(name)
    if found is None or Path(name).exists() or not (found["delta"] or found["version"]):
        return Dataset.open(name)
    return Dataset.delta(found["path"], None if found["version"] is None else int(found["version"]))


def _in_lake(url: str) -> "Dataset":
    from recon_assets.comparison import ComparisonError, Dataset
    from recon_assets.deployments import storage
    from recon_assets.errors import ProjectError
    from recon_assets.io_managers.storage import StorageError

    try:
        folder = storage().process_config_and_initialize().folder(url)
        if url.endswith(".parquet"):
            files = [url]
        else:
            names = [file.name for file in folder.look()]
            files = [folder.location(name) for name in names if name.endswith(".parquet")]
        if not files:
            raise ComparisonError(f"{url}: there is no Parquet file; name a folder of such, or one of them")
        return Dataset.parquet(files, label=url, filesystem=folder.filesystem)
    except (ProjectError, StorageError) as error:
        raise ComparisonError(str(error)) from error
