"""Migrated logic that lies in a Databricks workspace: notebooks, scripts and jobs.

Imported only where it is configured. Does not belong here: Spark sessions (`targets.connect`), which load and compare.
"""
