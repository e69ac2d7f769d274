"""Values at the ends of their types, and pairs of types of all kinds: the search raises nothing and claims only what is
so."""

import pytest

from recon_assets_tests.comparison.causes.finding import column, connect, found, from_values, make_pairs

_NINES = "9" * 38
EXTREMES = {
    "BOOLEAN": ["true", "false"],
    "TINYINT": ["-128", "127", "0"],
    "INTEGER": ["-2147483648", "2147483647", "0", "-1"],
    "BIGINT": ["-9223372036854775808", "9223372036854775807", "0", "1", "-1"],
    "UBIGINT": ["18446744073709551615", "0", "9223372036854775808"],
    "DECIMAL(4,4)": ["0.9999", "-0.9999", "0.0001"],
    "DECIMAL(18,2)": ["9999999999999999.99", "-9999999999999999.99", "0.00", "0.01"],
    "DECIMAL(38,0)": [_NINES, f"-{_NINES}", "0", "1"],
    "DECIMAL(38,18)": [f"{_NINES[:20]}.{_NINES[:18]}", f"-{_NINES[:20]}.{_NINES[:18]}", "0.000000000000000001"],
    "DECIMAL(38,38)": [f"0.{_NINES}", f"-0.{_NINES}", "0"],
    "FLOAT": ["3.4e38", "-3.4e38", "1e-45", "nan", "inf", "-0.0"],
    "DOUBLE": ["1.7976931348623157e308", "-1.7e308", "5e-324", "nan", "inf", "-inf", "-0.0", "9007199254740993"],
    "VARCHAR": ["", " ", "'", "\\", "\ufffd", "😀" * 50, "x" * 9000, "9" * 60, "9999-99-99", "1e400", "nan", "0x", "é"],
    "TIMESTAMP": ["0001-01-01", "9999-12-31 23:59:59.999999", "290000-01-01", "infinity", "-infinity", "1970-01-01"],
    "TIMESTAMP_NS": ["1678-01-01", "2262-04-11 23:47:16", "1970-01-01 00:00:00.000000001"],
    "TIMESTAMP WITH TIME ZONE": ["0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "infinity"],
    "DATE": ["0001-01-01", "9999-12-31", "infinity", "1970-01-01"],
    "TIME": ["00:00:00", "23:59:59.999999", "24:00:00"],
    "UUID": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "BLOB": ["", "00", "FF" * 16],
    "INTEGER[]": ["[]", "[1, NULL]"],
}  # fmt: skip

SAME = [(t, t) for t in EXTREMES]
OTHER = [
    ("TINYINT", "BIGINT"),
    ("BIGINT", "DECIMAL(38,18)"),
    ("UBIGINT", "DECIMAL(38,38)"),
    ("DECIMAL(38,0)", "DECIMAL(38,18)"),
    ("DECIMAL(38,18)", "DECIMAL(18,2)"),
    ("DECIMAL(38,0)", "DOUBLE"),
    ("FLOAT", "DOUBLE"),
    ("DOUBLE", "INTEGER"),
    ("BOOLEAN", "DOUBLE"),
    ("TIMESTAMP_NS", "TIMESTAMP"),
    ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
    ("DATE", "TIMESTAMP"),
    ("UUID", "VARCHAR"),
    ("DECIMAL(38,0)", "TIMESTAMP"),
    ("BIGINT", "DATE"),
    ("TIME", "TIMESTAMP"),
    ("UUID", "BLOB"),
    ("BLOB", "INTEGER"),
    *(("VARCHAR", t) for t in EXTREMES if t not in ("VARCHAR", "INTEGER[]")),
]


@pytest.mark.parametrize(("source_type", "target_type"), SAME + OTHER)
def test_the_ends_of_types_raise_nothing(source_type, target_type):
    only = column(0, "v", source_type, target_type)
    connection = connect()
    pairs = [(a, b) for a in [*EXTREMES[source_type], None] for b in [*EXTREMES[target_type], None]]
    make_pairs(connection, [only], from_values([only], pairs * 3))
    total = connection.execute("SELECT count(*) FROM pairs").fetchone()[0]
    assert all(f.rows <= total for f in found(connection, "pairs", [only])[0])
