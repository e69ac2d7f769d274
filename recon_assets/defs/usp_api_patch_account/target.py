"""dbo.uspAPIPatchAccount in PySpark."""

from datetime import datetime, timedelta

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

BATCH_SIZE = 5000


def uspAPIPatchAccount(
    Account_df: DataFrame,
    AccountID_df: DataFrame,
    IdOverride_df: DataFrame,
    PolicyDescriptors_df: DataFrame,
    clock: datetime,
    loop_instance: int = 0,
    date: datetime | None = None,
    spark: SparkSession | None = None,
) -> DataFrame:
    """One batch of the accounts changed since `date` (default: the day before `clock`), each with its contacts."""
    since = date or clock - timedelta(days=1)
    in_order = Window.orderBy("AccountID")
    changed = (
        Account_df.where(F.col("ModifiedDate") >= F.lit(since))
        .withColumn("batch", F.floor((F.row_number().over(in_order) - 1) / BATCH_SIZE))
        .where(F.col("batch") == loop_instance)
    )
    override = IdOverride_df.select(
        "AccountID",
        F.col("OldContactNumber").alias("ContactNumber"),
        F.col("ContactNumber").alias("NewContactNumber"),
    )
    # T-SQL's '=' disregards case and trailing spaces.
    policy = PolicyDescriptors_df.withColumn("code", F.upper(F.rtrim("PolicyCode"))).drop("PolicyCode")
    return (
        changed.withColumn("code", F.upper(F.rtrim("PolicyCode")))
        .join(AccountID_df, "AccountID")
        .join(override, ["AccountID", "ContactNumber"], "left")
        .join(policy, "code", "left")
        .select(
            "AccountID",
            F.coalesce("NewContactNumber", "ContactNumber").alias("ContactNumber"),
            "AccountName",
            F.upper("StatusCode").alias("StatusCode"),
            F.coalesce("Description", F.lit("unknown policy")).alias("PolicyDescription"),
            (F.col("Premium") * F.col("Rate")).alias("RatedPremium"),
            "ModifiedDate",
            F.lit(loop_instance).alias("LoopInstance"),
        )
    )
