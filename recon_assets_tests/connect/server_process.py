"""The process of the server: says its address, and serves until its standard input ends."""

import socket
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from recon_assets.targets.local_spark import local_spark

if __name__ == "__main__":
    given = int(sys.argv[2])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = given or free.getsockname()[1]
    settings = local_spark(Path(sys.argv[1])).spark.spark_config | {
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.sql.shuffle.partitions": "1",
    }
    SparkSession.builder.config(map=settings).getOrCreate()
    print(f"sc://127.0.0.1:{port}", flush=True)
    sys.stdin.read()
