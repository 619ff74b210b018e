"""What nodes of work queues ask, and how they read their configs; who answers is tested with the agent."""

import pytest
from pydantic import ValidationError

from runner.nodes.base import NodeFailure
from runner.nodes.work_items import AddItem, AddItemConfig, CompleteItemConfig, FailItem, FailItemConfig, TakeItem


class Asking:
    """A NodeContext whose agent gives these answers, the last again and again."""

    def __init__(self, *answers):
        self.asked = []
        self._answers = list(answers)

    async def ask(self, kind, body):
        self.asked.append((kind, body))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


TAKEN = {"id": "i1", "attempt": 2, "payload": {"a": 1}, "reference": None}


def test_a_taken_item_may_carry_more_than_its_name():
    config = CompleteItemConfig.model_validate({"item": TAKEN})
    assert (config.item.id, config.item.attempt) == ("i1", 2)
    with pytest.raises(ValidationError):
        CompleteItemConfig.model_validate({"item": "i1"})


def test_items_are_one_or_many_and_times_have_a_zone():
    with pytest.raises(ValidationError, match="either items"):
        AddItemConfig.model_validate({"queue": "q", "items": [], "payload": 1})
    with pytest.raises(ValidationError):
        AddItemConfig.model_validate({"queue": "q", "notBefore": "2026-01-31T08:00:00"})
    config = AddItemConfig.model_validate({"queue": "q", "notBefore": "2026-01-31T08:00:00Z", "deadlineAt": ""})
    assert (config.not_before.isoformat(), config.deadline_at) == ("2026-01-31T08:00:00+00:00", None)


async def test_an_empty_list_of_items_asks_nobody():
    context = Asking(None)
    result = await AddItem().run(AddItemConfig.model_validate({"queue": "q", "items": []}), context)
    assert result.output == {"items": [], "added": 0, "duplicates": 0}
    assert context.asked == []


async def test_items_beyond_all_measure_are_refused_before_they_are_sent():
    config = AddItemConfig.model_validate({"queue": "q", "items": [{"payload": "x" * 90_000}] * 100})
    with pytest.raises(NodeFailure) as refused:
        await AddItem().run(config, Asking(None))
    assert refused.value.code == "ITEMS_TOO_LARGE"


async def test_an_item_is_put_out_and_an_empty_queue_left_by_its_port():
    config = TakeItem.config.model_validate({"queue": "q"})
    result = await TakeItem().run(config, Asking({"item": TAKEN}))
    assert (result.port, result.output) == ("out", TAKEN)
    assert (await TakeItem().run(config, Asking({"item": None}))).port == "empty"
    waiting = TakeItem.config.model_validate({"queue": "q", "waitSeconds": 30})
    context = Asking({"item": None}, {"item": TAKEN})
    assert (await TakeItem().run(waiting, context)).output == TAKEN
    assert len(context.asked) == 2


async def test_a_failure_names_its_kind_and_handling():
    context = Asking({"delivered": True, "status": "NEW"})
    config = FailItemConfig.model_validate({"item": TAKEN, "code": "AWAY"})
    result = await FailItem().run(config, context)
    assert result.output == {"id": "i1", "status": "new", "delivered": True}
    [(kind, body)] = context.asked
    assert kind == "workItems.settle"
    assert (body["itemId"], body["itemAttempt"], body["outcome"], body["code"]) == ("i1", 2, "SYSTEM_FAILED", "AWAY")
