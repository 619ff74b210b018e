"""Notification rules: who is told of what by e-mail. All by the scheduler's NotificationRuleService."""

from functools import partial

from services.gateway.routes import notification_shapes as shapes
from services.gateway.routes.declaration import Route
from services.gateway.routes.shapes import WholeListQuery
from services.gateway.routes.workflows import pass_if_match

SERVICE = "exekra.scheduler.v1.NotificationRuleService"
TEST_SECONDS = 75.0
"""A mail server may take its time: connecting, signing in, looking at the mail."""

route = partial(Route, resource="notification rules")

ROUTES = (
    route(
        method="GET",
        path="/notification-rules",
        summary="List notification rules",
        permission="event:view",
        rpc=f"{SERVICE}.ListNotificationRules",
        query=WholeListQuery,
        response=shapes.NotificationRules,
    ),
    route(
        method="POST",
        path="/notification-rules",
        summary="Create a rule by which people are told by e-mail",
        permission="event:manage",
        rpc=f"{SERVICE}.CreateNotificationRule",
        request=shapes.CreateNotificationRule,
        response=shapes.NotificationRuleAnswer,
        status=201,
        creates=True,
    ),
    route(
        method="GET",
        path="/notification-rules/{rule_id}",
        summary="Show a notification rule",
        permission="event:view",
        rpc=f"{SERVICE}.GetNotificationRule",
        response=shapes.NotificationRuleAnswer,
        etag_of=lambda reply: reply.rule.etag,
    ),
    route(
        method="PATCH",
        path="/notification-rules/{rule_id}",
        summary="Change a notification rule, or disable it",
        permission="event:manage",
        rpc=f"{SERVICE}.UpdateNotificationRule",
        request=shapes.ChangeNotificationRule,
        response=shapes.NotificationRuleAnswer,
        prepare=pass_if_match,
        etag_of=lambda reply: reply.rule.etag,
    ),
    route(
        method="DELETE",
        path="/notification-rules/{rule_id}",
        summary="Delete a notification rule and its mails that were not sent",
        permission="event:manage",
        rpc=f"{SERVICE}.DeleteNotificationRule",
        status=204,
    ),
    route(
        method="POST",
        path="/notification-rules/{rule_id}/test",
        summary="Send a sample mail now and show what the mail server said",
        permission="event:manage",
        rpc=f"{SERVICE}.TestNotificationRule",
        response=shapes.NotificationTest,
        seconds=TEST_SECONDS,
    ),
)
