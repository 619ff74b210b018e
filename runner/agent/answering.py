"""Answers what nodes ask of the Hub: each kind of question by the part that knows it."""

from typing import Any

from runner.agent.attempts import Held
from runner.agent.credentials import CredentialReleases
from runner.agent.work import Question
from runner.agent.work_items import WorkItems
from runner.engine.credentials import RELEASE


class Answering:
    """For all attempts of this agent."""

    def __init__(self, work_items: WorkItems, credentials: CredentialReleases) -> None:
        self._work_items = work_items
        self._credentials = credentials

    async def answer(self, held: Held, question: Question) -> dict[str, Any]:
        """What the node that asks gets. Raises NodeFailure."""
        asked = self._credentials if question.kind == RELEASE else self._work_items
        return await asked.answer(held, question)
