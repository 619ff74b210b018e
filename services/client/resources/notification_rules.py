"""Rules by which people are told of events by e-mail."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from services.client.calls import Calls
from services.client.models.notifications import NotificationRule, NotificationTest

PATH = "/notification-rules"


class NotificationRules:
    """`hub.notification_rules`. Members beyond the named ones are named as the API names them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def each(self) -> AsyncIterator[NotificationRule]:
        """All of them, by name."""
        for item in (await self._calls.get(PATH))["items"]:
            yield NotificationRule.model_validate(item)

    async def get(self, rule_id: str) -> NotificationRule:
        """Raises NotFound."""
        return NotificationRule.model_validate((await self._calls.get(f"{PATH}/{rule_id}"))["rule"])

    async def create(
        self, name: str, recipients: Sequence[str], event_types: Sequence[str], *, key: str = "", **members: Any
    ) -> NotificationRule:
        """`event_types` may hold `*`; `digestSeconds=3600` collects the events of an hour in one mail."""
        body = {"name": name, "recipients": list(recipients), "eventTypes": list(event_types), **members}
        return NotificationRule.model_validate((await self._calls.create(PATH, body, key=key))["rule"])

    async def change(self, rule_id: str, *, etag: str = "", **members: Any) -> NotificationRule:
        """What is left out stays."""
        answer = await self._calls.patch(f"{PATH}/{rule_id}", members, if_match=etag)
        return NotificationRule.model_validate(answer["rule"])

    async def delete(self, rule_id: str) -> None:
        """Its mails that were not sent go with it."""
        await self._calls.delete(f"{PATH}/{rule_id}")

    async def test(self, rule_id: str) -> NotificationTest:
        """Sends a sample now."""
        return NotificationTest.model_validate(await self._calls.post(f"{PATH}/{rule_id}/test"))
