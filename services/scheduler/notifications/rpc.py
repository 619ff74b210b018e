"""NotificationRuleService over gRPC: messages to models and back; one transaction a call."""

# ruff: noqa: ARG002, D102, N802 - names and signatures are the generated base class's

from typing import TYPE_CHECKING, Any

from exekra.scheduler.v1 import notification_rule_service_pb2 as pb
from exekra.scheduler.v1.notification_rule_service_pb2_grpc import (
    NotificationRuleServiceServicer,
    add_NotificationRuleServiceServicer_to_server,
)
from services.kit.idempotency import answer_once, key_of
from services.kit.outbox import Outbox
from services.kit.rpc_server import Registration
from services.scheduler.notifications import repository
from services.scheduler.notifications.errors import mail_not_configured
from services.scheduler.notifications.messages import changed_draft, handover_message, new_draft, rule_message
from services.scheduler.notifications.postman import Postman
from services.scheduler.notifications.use_cases import Rules, resource

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


class NotificationRuleServicer(NotificationRuleServiceServicer):
    """See the proto for callers, permissions and reasons."""

    def __init__(self, pool: "Pool", rules: Rules, postman: Postman) -> None:
        self._pool = pool
        self._rules = rules
        self._postman = postman

    async def ListNotificationRules(
        self, request: pb.ListNotificationRulesRequest, context: Any
    ) -> pb.ListNotificationRulesResponse:
        async with self._pool.acquire() as connection:
            found = await repository.list_rules(connection)
        return pb.ListNotificationRulesResponse(
            items=[rule_message(rule) for rule in found], mail_configured=self._postman.server is not None
        )

    async def GetNotificationRule(
        self, request: pb.GetNotificationRuleRequest, context: Any
    ) -> pb.GetNotificationRuleResponse:
        async with self._pool.acquire() as connection:
            rule = await self._rules.get(connection, request.rule_id)
        return pb.GetNotificationRuleResponse(rule=rule_message(rule))

    async def CreateNotificationRule(
        self, request: pb.CreateNotificationRuleRequest, context: Any
    ) -> pb.CreateNotificationRuleResponse:
        async def create(connection: "Connection") -> pb.CreateNotificationRuleResponse:
            rule = await self._rules.create(connection, new_draft(request))
            return pb.CreateNotificationRuleResponse(rule=rule_message(rule))

        return await answer_once(self._pool, key_of(request), pb.CreateNotificationRuleResponse, create)

    async def UpdateNotificationRule(
        self, request: pb.UpdateNotificationRuleRequest, context: Any
    ) -> pb.UpdateNotificationRuleResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            old = await self._rules.get(connection, request.rule_id, locked=True)
            new = await self._rules.update(connection, old, changed_draft(old.draft, request), request.if_match)
        return pb.UpdateNotificationRuleResponse(rule=rule_message(new))

    async def DeleteNotificationRule(
        self, request: pb.DeleteNotificationRuleRequest, context: Any
    ) -> pb.DeleteNotificationRuleResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            await self._rules.delete(connection, request.rule_id)
        return pb.DeleteNotificationRuleResponse()

    async def TestNotificationRule(
        self, request: pb.TestNotificationRuleRequest, context: Any
    ) -> pb.TestNotificationRuleResponse:
        async with self._pool.acquire() as connection, connection.transaction():
            rule = await self._rules.get(connection, request.rule_id)
            if self._postman.server is None:
                raise mail_not_configured()
            await self._rules.outbox.record(connection, "notification_rule.tested", resource(rule))
        return handover_message(await self._postman.test(rule))


def notification_registration(pool: "Pool", outbox: Outbox, postman: Postman) -> Registration:
    """The servicer, ready to be served."""
    return Registration(
        add_NotificationRuleServiceServicer_to_server,
        NotificationRuleServicer(pool, Rules(outbox), postman),
        pb.DESCRIPTOR.services_by_name["NotificationRuleService"],
    )
