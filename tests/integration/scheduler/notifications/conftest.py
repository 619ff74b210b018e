"""The world of deliveries serves mails as well."""

from tests.integration.scheduler.delivery.conftest import world

__all__ = ["world"]
