"""Takes an execution's question for a credential to the Hub, and the sealed answer back; can open none of them."""

import asyncio
import base64
from typing import Any

from exekra.registry.v1 import runner_service_pb2 as pb
from exekra.scheduler.v1 import vault_service_pb2 as vault_pb
from runner.agent import wire
from runner.agent.attempts import Held
from runner.agent.session import Session
from runner.agent.transport import HubRefusedError
from runner.agent.work import Question
from runner.nodes.base import NodeFailure

PATIENCE_SECONDS = 60.0
"""So long a node waits for a Hub that is away."""


class CredentialReleases:
    """For all attempts of this agent. Keeps nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def answer(self, held: Held, question: Question) -> dict[str, Any]:
        """The value, sealed to the key of the process that asks. Raises NodeFailure."""
        order = vault_pb.CredentialOrder(
            attempt=wire.attempt_ref(held.execution_id, held.attempt_id),
            node_id=question.node_id,
            name=question.body["name"],
            public_key=base64.b64decode(question.body["publicKey"]),
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reply, _ = await self._session.call(
                    lambda transport, live: transport.release_credential(
                        pb.ReleaseCredentialRequest(epoch=live.epoch, order=order)
                    ),
                    lambda reply: reply.answer,
                )
        except HubRefusedError as refused:
            raise NodeFailure(refused.reason, _advice(refused)) from None
        except TimeoutError:
            message = (
                f"The Hub did not release the credential {order.name!r} within {PATIENCE_SECONDS:g} seconds. Is it "
                "reachable from this machine?"
            )
            raise NodeFailure("HUB_UNREACHABLE", message, retryable=True) from None
        return {"sealed": base64.b64encode(reply.sealed).decode()}


def _advice(refused: HubRefusedError) -> str:
    if refused.reason == "UNIMPLEMENTED":
        return "This Hub has no vault: it is older than the runner. Update it."
    return refused.message
