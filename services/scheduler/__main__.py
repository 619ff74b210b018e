"""`python -m services.scheduler`: serves workflows, executions, evidence and dispatch to the other services."""

from functools import partial

from services.kit.serve import run_service
from services.scheduler.compose import compose_scheduler
from services.scheduler.settings import SchedulerSettings


def main() -> None:
    """Runs until a signal."""
    settings = SchedulerSettings()
    run_service("scheduler", settings, partial(compose_scheduler, settings), address=settings.scheduler_address)


if __name__ == "__main__":
    main()
