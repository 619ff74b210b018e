"""The output of a workflow, the execution's own or a called one's. Pure."""

from runner.engine.plan import Plan
from runner.workflow.documents import Json
from runner.workflow.evaluation import Environment, MissingError
from runner.workflow.templates import compile_template


def workflow_output(plan: Plan, environment: Environment, *, complete: bool) -> Json:
    """What the workflow answers; after a stop node, parts that have not run by then are null.

    Raises ExpressionError.
    """
    if complete or not isinstance(plan.output.source, dict):
        found: Json = plan.output.resolve(environment)
        return found
    return {key: _or_null(value, environment) for key, value in plan.output.source.items()}


def _or_null(value: Json, environment: Environment) -> Json:
    try:
        found: Json = compile_template(value).resolve(environment)
    except MissingError:
        return None
    return found
