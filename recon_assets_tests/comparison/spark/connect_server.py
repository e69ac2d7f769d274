"""A Spark Connect server on this machine: says its address, and serves until its standard input ends."""

import socket
import sys

from pyspark.sql import SparkSession

if __name__ == "__main__":
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.local.dir": sys.argv[1],
        "spark.sql.warehouse.dir": sys.argv[1],
    }
    SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
    print(f"sc://127.0.0.1:{port}", flush=True)
    sys.stdin.read()
