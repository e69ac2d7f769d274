"""Cron schedules, one per reconciliation that asks for it.

Does not belong here: reacting to deployments (sensors), or what a run does (`assets`).
"""

import dagster as dg

from recon_assets.assets.declaration import Declaration


def schedule_for(declaration: Declaration) -> dg.ScheduleDefinition | None:
    """The schedule of the reconciliation's job, running from the moment it is deployed; None where it declares none."""
    schedule = declaration.spec.schedule
    if schedule is None:
        return None
    return dg.ScheduleDefinition(
        name=f"{declaration.name}_schedule",
        job_name=declaration.name,
        cron_schedule=schedule.cron,
        execution_timezone=schedule.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
