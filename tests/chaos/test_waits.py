"""The measure of needless waits itself."""

import pytest

from tests.chaos.waits import Step, idle_wait

SUBMITTED = Step("a", 0.0, None, "QUEUED")


@pytest.mark.parametrize(
    ("steps", "seats", "seconds"),
    [
        ([SUBMITTED, Step("a", 2.0, "QUEUED", "ASSIGNED")], 1, 2.0),
        # All seats were taken: "b" waited for "a", and only then for nothing.
        (
            [
                SUBMITTED,
                Step("a", 0.0, "QUEUED", "ASSIGNED"),
                Step("b", 1.0, None, "QUEUED"),
                Step("a", 8.0, "RUNNING", "COMPLETED"),
                Step("b", 8.5, "QUEUED", "ASSIGNED"),
            ],
            1,
            0.5,
        ),
        # Two seats: one of them was free all the time.
        (
            [
                SUBMITTED,
                Step("a", 0.0, "QUEUED", "ASSIGNED"),
                Step("b", 1.0, None, "QUEUED"),
                Step("b", 8.5, "QUEUED", "ASSIGNED"),
            ],
            2,
            7.5,
        ),
    ],
)
def test_only_time_with_a_free_seat_counts(steps: list[Step], seats: int, seconds: float) -> None:
    assert idle_wait(steps, seats) == seconds
