"""The comparison on Spark: the same plan, in Spark's SQL.

Belongs here: Spark's dialect of the plan's SQL, its types, its hashes, and the settings its session needs. Does not
belong here: the plan, which is written once, in DuckDB's SQL; or starting a session (`targets`).
"""
