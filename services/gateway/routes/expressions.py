"""Expressions tried on samples. By the scheduler's ExpressionService, which evaluates in a process of its own."""

from services.gateway.routes import expression_shapes as shapes
from services.gateway.routes.declaration import Route
from services.gateway.web.bodies import GRAPH_BYTES

PREVIEW_SECONDS = 20.0
"""The first preview starts the process that evaluates."""

ROUTES = (
    Route(
        method="POST",
        path="/expressions/preview",
        summary="Show what an expression comes to on samples",
        resource="expressions",
        permission="workflow:edit",
        rpc="exekra.scheduler.v1.ExpressionService.PreviewExpression",
        request=shapes.PreviewExpression,
        response=shapes.ExpressionPreview,
        body_limit=GRAPH_BYTES,
        seconds=PREVIEW_SECONDS,
    ),
)
