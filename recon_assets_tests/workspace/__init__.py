"""A peer for a Databricks workspace: its REST API on the loopback, its jobs as real processes, for tests.

Belongs here: what the Databricks SDK and Dagster's Pipes client ask of a workspace, told to fail where a test wants it.
Does not belong here: what only the web pages or other clients ask; see `server` for where to begin.
"""
