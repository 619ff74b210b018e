"""What was said of work items survives an agent: written, answered, written anew."""

from runner.agent.attempts import Attempts, settled_record, settlement_record
from runner.agent.settlement import Settlement

FIRST = Settlement("s1", "i1", 1, "SUCCESSFUL", '{"paid":true}')
SECOND = Settlement("s2", "i2", 3, "BUSINESS_FAILED", code="NO_VAT_ID", message="Ask the supplier.")


def held_after(*, answered: bool) -> Attempts:
    before = Attempts()
    held = before.accept("e1", "a1")
    held.settlements |= {each.id: each for each in (FIRST, SECOND)}
    records = [*before.records()]
    if answered:
        records.append(settled_record("a1", FIRST.id))
    after = Attempts()
    after.recover(records)
    return after


def test_settlements_without_an_answer_are_kept() -> None:
    recovered = held_after(answered=False).get("a1")
    assert recovered is not None
    assert list(recovered.settlements.values()) == [FIRST, SECOND]


def test_an_answered_settlement_is_told_no_more() -> None:
    recovered = held_after(answered=True).get("a1")
    assert recovered is not None
    assert list(recovered.settlements.values()) == [SECOND]


def test_a_settlement_of_an_attempt_that_is_not_held_is_passed_over() -> None:
    attempts = Attempts()
    attempts.recover([settlement_record("gone", FIRST)])
    assert len(attempts) == 0
