"""SQL Server and its kin as a source, over ODBC: SQL Server, Azure SQL, Synapse pools, Fabric warehouses.

Belongs here: everything that speaks to such a server. Does not belong here: T-SQL run without one (`embedded`), or
where rows go (`io_managers`).
"""
