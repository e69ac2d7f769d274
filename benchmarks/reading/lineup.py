"""Who is measured, in which order.

Belongs here: one entry per contestant. Does not belong here: what it does (`contestants`).
"""

from dataclasses import dataclass

from benchmarks.reading.table import PARTS


@dataclass(frozen=True)
class Contestant:
    """One way to read a table into Parquet: a module, and its arguments after the task."""

    name: str
    about: str
    module: str
    options: tuple[str, ...] = ()
    capped: bool = False
    """It holds the table in memory: measured up to a number of rows only."""


RECON, FINGERPRINTED, PANDAS, PYODBC = "recon", "recon+fingerprint", "pandas.read_sql", "pyodbc fetchmany"

LINEUP = (
    Contestant(RECON, "ours: a snapshot as the asset reads and writes it, without its fingerprint", "recon"),
    Contestant(FINGERPRINTED, "ours, with its fingerprint", "recon", ("fingerprint",)),
    *(
        Contestant(f"recon {parts} parts", f"ours, without it, split in {parts}", "recon", (f"parts={parts}",))
        for parts in PARTS
    ),
    Contestant("arrow-odbc", "the yardstick: arrow-odbc alone, default settings", "arrow_odbc_alone"),
    Contestant(PYODBC, "pyodbc by 10,000 rows, an Arrow array per column", "pyodbc_fetchmany"),
    Contestant(PANDAS, "the migration scripts' way: the whole frame, then Parquet", "pandas_read_sql", capped=True),
)
