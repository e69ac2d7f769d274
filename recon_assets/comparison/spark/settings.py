"""The settings of a Spark session that the comparison's SQL rests on.

Belongs here: which they are, and the check that they hold. Does not belong here: starting a session, or making one of
the comparison's own so that nobody else's settings change.
"""

SETTINGS = {
    # what goes wrong is an error instead of a NULL; small decimals have no exponent in text
    "spark.sql.ansi.enabled": "true",
    # a timestamp without a zone and an instant have the same clock
    "spark.sql.session.timeZone": "UTC",
    # the sum of two decimals of 38 digits is exact or an error, instead of rounded
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    # dates before 1582-10-15 are read as they were written
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    # timestamps without a zone are read as such
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    # backslashes in literals are escapes
    "spark.sql.parser.escapedStringLiterals": "false",
    # a decimal literal is not a double
    "spark.sql.legacy.exponentLiteralAsDecimal.enabled": "false",
}

_PROBES = {
    "spark.sql.ansi.enabled": "CAST(CAST(0 AS DECIMAL(38,18)) AS STRING) = '0.000000000000000000'",
    "spark.sql.session.timeZone": "current_timezone() IN ('UTC', 'Etc/UTC')",
    "spark.sql.decimalOperations.allowPrecisionLoss": (
        "typeof(CAST(1 AS DECIMAL(38,10)) - CAST(1 AS DECIMAL(38,10))) = 'decimal(38,10)'"
    ),
    "spark.sql.parser.escapedStringLiterals": "length('\\\\') = 1",
    "spark.sql.legacy.exponentLiteralAsDecimal.enabled": "typeof(1E-1) = 'double'",
}

PROBE = f"SELECT {', '.join(f'{condition} AS `{name}`' for name, condition in _PROBES.items())}"
"""Spark SQL of one row: whether each setting has the effect that is needed, whatever the session says it is set to."""
