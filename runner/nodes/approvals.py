"""The node at which a person decides how the workflow goes on."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from runner.nodes.base import NodeConfig, NodeContext, NodeType, Suspension
from runner.workflow import declarations

MAX_TIMEOUT_SECONDS = 366 * 24 * 3600
DEFAULT_TIMEOUT_SECONDS = 7 * 24 * 3600.0
MAX_DECIDERS = 100

Decider = Annotated[str, Field(min_length=1, max_length=320)]


class ApprovalConfig(NodeConfig):
    """Config of `control.approval`."""

    title: str = Field(min_length=1, max_length=200, title="Title", description="What is to be decided, in one line.")
    message: str = Field(
        default="", max_length=10_000, title="Message", description="What the person needs to know to decide."
    )
    data: Any = Field(
        default=None, title="Data", description="Shown beside the message, for instance the invoice's lines."
    )
    deciders: list[Decider] = Field(
        default_factory=list,
        max_length=MAX_DECIDERS,
        title="Who may decide",
        description="Names, addresses or ids of people; empty: everybody who may decide approvals.",
    )
    four_eyes: bool = Field(
        default=False, title="Four eyes", description="Whoever started the execution may not decide it."
    )
    timeout_seconds: float = Field(
        default=DEFAULT_TIMEOUT_SECONDS,
        ge=1,
        le=MAX_TIMEOUT_SECONDS,
        title="Time to decide",
        description="Seconds; then the default below is taken.",
    )
    on_timeout: Literal["approve", "reject"] = Field(
        default="reject", title="Default", description="What counts when nobody decides in time."
    )


class Approval(NodeType[ApprovalConfig]):
    """A question to a person."""

    type = declarations.CONTROL_APPROVAL
    title = "Approval"
    help = (
        "Asks a person and goes on by `approved` or `rejected`; the runner is free meanwhile, and open pages and files "
        "of the working folder are gone afterwards."
    )
    icon = "user-check"
    config = ApprovalConfig
    example: ClassVar[dict[str, Any]] = {
        "title": "Pay {{ inputs.amount }} to {{ inputs.supplier }}?",
        "deciders": ["ada@example.com"],
        "timeoutSeconds": 86_400,
    }
    ports = ("approved", "rejected")
    repeatable = True
    isolated = False
    inline = True

    async def run(self, config: ApprovalConfig, context: NodeContext) -> Suspension:  # noqa: ARG002 - the contract's signature
        """Hand the question over; the Hub asks it."""
        return Suspension("approval", None, config.model_dump(by_alias=True, mode="json"))


NODES = (Approval,)
