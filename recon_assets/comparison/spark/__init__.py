"""The comparison on a Spark session: for tables that are too large for one machine, or out of its reach.

Belongs here: dividing the work among Spark's workers, which run the plan's queries on DuckDB, each over the rows it
has. Nothing is translated, so that both engines give the same answers; Spark reads, shuffles and adds up. Does not
belong here: any rule of what is equal, or starting a session.
"""
