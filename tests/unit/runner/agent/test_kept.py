import os
from datetime import timedelta
from pathlib import Path

from runner.agent.kept import KeptResults
from tests.unit.runner.agent.test_attempts import NOW, make_finish

DAY = 86_400.0


def test_results_come_back_in_the_order_they_were_kept(tmp_path: Path) -> None:
    kept = KeptResults(tmp_path, 7 * DAY, 10**6)
    first, second = make_finish("completed"), make_finish("failed")
    kept.add([first])
    kept.add([second])
    assert list(kept.read(NOW.timestamp() + 60)) == [first, second]


def test_old_results_are_neither_told_nor_kept(tmp_path: Path) -> None:
    kept = KeptResults(tmp_path, 7 * DAY, 10**6)
    kept.add([make_finish()])
    late = (NOW + timedelta(days=8)).timestamp()
    assert list(kept.read(late)) == []
    [file] = tmp_path.glob("*.log")
    os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    kept.prune(late)
    assert list(tmp_path.glob("*.log")) == []


def test_the_oldest_go_first_when_it_is_too_much(tmp_path: Path) -> None:
    kept = KeptResults(tmp_path, 7 * DAY, 10**6)
    for _ in range(3):
        kept.add([make_finish()])
    files = sorted(tmp_path.glob("*.log"))
    KeptResults(tmp_path, 10**12, 2 * files[0].stat().st_size).prune(NOW.timestamp())
    assert sorted(tmp_path.glob("*.log")) == files[1:]


def test_nothing_to_keep_makes_no_file(tmp_path: Path) -> None:
    KeptResults(tmp_path, DAY, 10**6).add([])
    assert list(tmp_path.iterdir()) == []


def test_only_another_incarnation_than_the_known_one_is_a_change(tmp_path: Path) -> None:
    kept = KeptResults(tmp_path, DAY, 10**6)
    assert [kept.incarnation_changed(name) for name in ("a", "a", "b", "b")] == [False, False, True, False]
    assert KeptResults(tmp_path, DAY, 10**6).incarnation_changed("c")
