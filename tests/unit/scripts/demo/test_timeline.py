from scripts.demo.material import read_graph
from scripts.demo.timeline import draw_timeline, graph_names


def ran(seq, node, began, ended, status="completed", path=(), tries=1):
    return {
        "seq": seq,
        "nodeId": node,
        "status": status,
        "tryNumber": tries,
        "path": [{"loop": "l", "index": index} for index in path],
        "startedAt": began and f"2024-05-17T08:00:{began}Z",
        "completedAt": ended and f"2024-05-17T08:00:{ended}Z",
    }


def test_bars_stand_where_and_as_long_as_the_nodes_ran():
    runs = [
        ran(4, "c", "03.000", "04.000", path=(1,)),
        ran(1, "a", "00.000", "01.000"),
        ran(2, "b", "01.000", "01.001", "failed", tries=3),
        ran(3, "s", None, None, "skipped"),
        ran(5, "b", "04.000", None, "running"),
    ]
    assert draw_timeline(runs, {"a": "Read", "c": "Write"}) == [
        "node        status         at ms  took ms",
        "Read        completed          0     1000  " + "█" * 10,
        "b           failed, try 3   1000        1  " + " " * 10 + "▓",
        "  Write #2  completed       3000     1000  " + " " * 30 + "█" * 10,
        "b           running         4000        0  " + " " * 39 + "·",
    ]


def test_nothing_ran():
    assert draw_timeline([], {}) == ["(no node has run)"]


def test_names_are_found_in_all_containers():
    names = graph_names(read_graph())
    assert (names["states"], names["noExclusions"], names["sheet"]) == (
        "Fetch states and regions",
        "Go on without",
        "Add the region's sheet",
    )
