from runner.agent.backoff import Backoff


def test_delays_are_spread_below_a_bound_that_doubles_up_to_the_limit() -> None:
    bounds = [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    for _ in range(50):
        backoff = Backoff(0.5, 30)
        assert all(0 <= backoff.next_delay() <= bound for bound in bounds)


def test_it_never_overflows() -> None:
    backoff = Backoff(0.5, 30)
    assert all(backoff.next_delay() <= 30 for _ in range(2_000))


def test_after_a_success_it_starts_small_again() -> None:
    backoff = Backoff(0.5, 30)
    for _ in range(10):
        backoff.next_delay()
    backoff.reset()
    assert backoff.next_delay() <= 0.5
