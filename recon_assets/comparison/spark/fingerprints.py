"""A table's fingerprint, summed up by Spark's workers.

Belongs here: the one job that this takes. Does not belong here: what is summed (`comparison.fingerprints`).
"""

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from recon_assets.comparison.digests import WORD
from recon_assets.comparison.fingerprints import Fingerprint, sums_of
from recon_assets.comparison.spark.tables import running
from recon_assets.comparison.spark.worker import Query

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def fingerprint_on_spark(label: str, frame: "DataFrame", schema: pa.Schema) -> Fingerprint:
    """The fingerprint of a DataFrame's rows, each column first cast to `schema`'s type; equal to `fingerprint`'s.

    Only sums come here, a row for each partition. The workers need this package. Raises ComparisonError when a column
    is missing, a value can't be cast, or Spark fails; the message names `label`.
    """
    query, sums = sums_of(label, frame.columns, schema, "stored")
    places = [f"s{i}" for i in range(2 * len(schema) + 3)]
    # Spark has no unsigned numbers of 64 bits
    words = ", ".join(f"CAST({place} % {WORD} AS DECIMAL(20,0))" for place in places)
    sql = f"SELECT [{words}] AS sums FROM ({query}) AS q({', '.join(places)})"
    job = Query(duckdb.__version__, len(frame.columns), None, "stored", sql)
    with running(label):
        for row in frame.mapInArrow(job, "sums array<decimal(20,0)>").collect():
            sums.add([int(each) for each in row.sums])
    return sums.fingerprint()
