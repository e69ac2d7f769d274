"""Compares two Parquet files through Spark Connect, by either way; arguments ADDRESS SOURCE TARGET. Prints the records.

A process of its own, since PySpark doesn't mix both kinds of session.
"""

import json
import sys

from pyspark.sql import SparkSession

from recon_assets.comparison import Rules
from recon_assets.comparison.location import Location
from recon_assets.comparison.spark.engine import DEFAULT_LIMITS, SparkLimits, compare_on_spark
from recon_assets.comparison.spark.tables import SparkTable

if __name__ == "__main__":
    address, *files = sys.argv[1:]
    spark = SparkSession.builder.remote(address).getOrCreate()
    sides = [SparkTable(file, Location.of("parquet", file), spark.read.parquet(file)) for file in files]
    for limits in (DEFAULT_LIMITS, SparkLimits(brought=0)):
        print(json.dumps(compare_on_spark(*sides, Rules(keys=("id",)), limits=limits).to_json()))
    spark.stop()
