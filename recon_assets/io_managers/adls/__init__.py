"""Tables in Azure Data Lake Storage Gen2, through its Blob API.

    root.py          what a layer's root names: account, container and path
    resource.py      the account and its credential, as a Dagster resource
    folder.py        folders of blobs: sending, reading back, listing, removing
    filesystem.py    the same blobs for whatever reads through fsspec (DuckDB, PyArrow)
    errors.py        what went wrong, in words that hold no secret

Belongs here: all that imports Azure's packages, which a run on one machine does without: nothing outside imports this
package but the deployment that is on Azure.
"""

from recon_assets.io_managers.adls.resource import AdlsStorage

__all__ = ["AdlsStorage"]
