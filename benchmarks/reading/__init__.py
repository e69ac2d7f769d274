"""How fast and how flat a table is read from SQL Server over ODBC into Parquet, beside the usual ways to do it.

Belongs here: the table, a server that sends it, the contestants, their measurement and goals. Does not belong here:
what `recon compare` is measured by (`benchmarks`), and tests of correctness (`recon_assets_tests`).
"""
