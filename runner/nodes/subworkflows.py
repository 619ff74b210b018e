"""The node that calls another workflow; the engine carries it out, inside the same attempt."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeType, Result
from runner.workflow import declarations

WorkflowId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class SubworkflowConfig(NodeConfig):
    """Config of `control.subworkflow`.

    Workflow and version are fixed: they are looked up before the execution starts.
    """

    workflow_id: WorkflowId = Field(
        title="Workflow", description="The workflow to call.", json_schema_extra={"x-widget": "workflow"}
    )
    version: int | None = Field(
        default=None,
        ge=1,
        title="Version",
        description="One version for ever; empty: the one that is published when the execution is started.",
    )
    inputs: dict[str, Any] = Field(
        default_factory=dict, title="Inputs", description="The called workflow's inputs by their names."
    )


class Subworkflow(NodeType[SubworkflowConfig]):
    """A call."""

    type = declarations.CONTROL_SUBWORKFLOW
    title = "Call workflow"
    help = (
        "Runs another workflow with inputs and goes on with its output; it shares the runner, the time limit and an "
        "open browser with its tab."
    )
    icon = "sitemap"
    config = SubworkflowConfig
    example: ClassVar[dict[str, Any]] = {
        "workflowId": "0190f0c2-0000-7000-8000-000000000000",
        "inputs": {"customer": "{{ inputs.customer }}"},
    }
    code_fields = frozenset({"workflowId", "version"})
    isolated = False

    async def run(self, config: SubworkflowConfig, context: NodeContext) -> Result:
        """Never called."""
        raise AssertionError(f"{self.type} is carried out by the engine (node {context.node_id}, {config!r})")


NODES = (Subworkflow,)
