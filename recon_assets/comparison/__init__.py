"""The heart: rules → fingerprint → differences → verdict, on files of any size.

Belongs here: everything that decides whether two tables are equal. Does not belong here: Dagster, Azure,
Spark set-up, how a result is shown (`reports`, `cli`).
"""

from recon_assets.comparison.dataset import Dataset
from recon_assets.comparison.engine import compare
from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.fingerprints import Fingerprint, FingerprintStream, fingerprint
from recon_assets.comparison.result import Comparison, Verdict
from recon_assets.comparison.rules import ColumnRule, Rules

__all__ = [
    "ColumnRule",
    "Comparison",
    "ComparisonError",
    "Dataset",
    "Fingerprint",
    "FingerprintStream",
    "Rules",
    "Verdict",
    "compare",
    "fingerprint",
]
