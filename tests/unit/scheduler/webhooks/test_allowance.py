"""Each trigger has its own minute."""

import pytest

from services.kit.errors import DomainError
from services.scheduler.webhooks.allowance import TRIGGERS_KEPT, Allowances


def test_an_allowance_is_used_up_and_comes_back_with_time() -> None:
    now = [100.0]
    allowances = Allowances(lambda: now[0])
    left = [allowances.take("a", 60).remaining for _ in range(60)]
    assert (left[0], left[-1]) == (59, 0)
    with pytest.raises(DomainError) as caught:
        allowances.take("a", 60)
    assert caught.value.facts == {"retryAfterSeconds": 1, "rateLimit": 60}
    assert allowances.take("b", 60).remaining == 59
    now[0] += 1.0
    assert allowances.take("a", 60).remaining == 0
    now[0] += 3_600.0
    assert allowances.take("a", 60).remaining == 59


def test_a_changed_limit_counts_at_once() -> None:
    allowances = Allowances(lambda: 0.0)
    allowances.take("a", 1_000)
    assert allowances.take("a", 10).limit == 10
    assert allowances.take("a", 10).remaining == 8


def test_memory_is_bounded() -> None:
    allowances = Allowances(lambda: 0.0)
    for number in range(TRIGGERS_KEPT + 10):
        allowances.take(str(number), 60)
    assert len(allowances._buckets) == TRIGGERS_KEPT
