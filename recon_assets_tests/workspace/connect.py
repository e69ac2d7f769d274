"""Spark Connect over a Spark that is there already.

Belongs here: making a running classic session's JVM listen on the loopback. Does not belong here: starting Spark.
"""

from pyspark.sql import SparkSession


def connect_url(session: SparkSession) -> str:
    """The URL of the Spark Connect server in the session's JVM, which listens from the first time on until Spark ends.

    Nothing more of Spark is started, so that a test's own session, jobs and statements share one JVM and one set of
    tables; sessions, views and settings are each client's own.
    """
    jvm = session.sparkContext._jvm
    assert jvm is not None
    service = getattr(getattr(jvm.org.apache.spark.sql.connect.service, "SparkConnectService$"), "MODULE$")
    if not service.started():
        settings = jvm.org.apache.spark.SparkEnv.get().conf()
        settings.set("spark.connect.grpc.binding.address", "127.0.0.1")
        settings.set("spark.connect.grpc.binding.port", "0")
        service.start(session.sparkContext._jsc.sc())
    return f"sc://127.0.0.1:{service.localPort()}"
