"""The contestants, each a process: `python -m benchmarks.reading.contestants.NAME TASK …`.

Belongs here: one module per way to read a table over ODBC into Parquet, ours as the snapshot layer does it, the others
as their documentation shows. Does not belong here: measuring, and checking what was written.
"""
