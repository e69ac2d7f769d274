"""What runs in a job's own process.

Belongs here: what Databricks puts around a Python file or a notebook. Does not belong here: starting the process, and
what its end means for the run (`processes`, `runs`).
"""
