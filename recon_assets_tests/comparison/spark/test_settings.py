"""The settings that the SQL rests on have the effect that is needed."""

import pytest

from recon_assets.comparison.spark.settings import PROBE, SETTINGS

WRONG = {
    "spark.sql.ansi.enabled": "false",
    "spark.sql.session.timeZone": "Europe/Berlin",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    "spark.sql.parser.escapedStringLiterals": "true",
    "spark.sql.legacy.exponentLiteralAsDecimal.enabled": "true",
}


def test_every_setting_that_can_be_seen_in_a_query_is_as_needed(engines):
    (row,) = engines.spark.sql(PROBE).collect()
    assert row.asDict() == dict.fromkeys(WRONG, True)


@pytest.mark.parametrize("name", WRONG)
def test_a_session_with_another_setting_is_noticed(name, engines):
    other = engines.spark.newSession()
    for setting, value in SETTINGS.items():
        other.conf.set(setting, value)
    other.conf.set(name, WRONG[name])
    (row,) = other.sql(PROBE).collect()
    assert row[name] is False
