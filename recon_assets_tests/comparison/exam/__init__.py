"""The exam: what must be equal and what must not, as tables of cases. Expected values come from thought
and from the documentation of SQL Server and Spark, never from running the code.
"""
