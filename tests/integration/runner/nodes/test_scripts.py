"""Scripts in real processes: what goes in, what comes out, and that nothing of them stays."""

import asyncio
import os
import sys

import psutil
import pytest

from runner.agent import machine
from runner.agent.child.tree import MARK as ATTEMPT_MARK
from runner.agent.child.tree import Member, kill_tree, start_time
from runner.engine.executor import CANCEL_SECONDS
from runner.engine.masking import Masker
from runner.nodes.scripts.permission import SETTING
from runner.nodes.scripts.process import DRAIN_SECONDS, GRACE_SECONDS
from runner.nodes.scripts.surroundings import MARK, allowed_names
from runner.nodes.scripts.told_lines import ToldLines
from tests.eventually import eventually

PATIENCE = 60.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for sh")


@pytest.fixture(autouse=True)
def allowed(monkeypatch):
    monkeypatch.setenv(SETTING, "true")


def marked() -> list[psutil.Process]:
    """Processes that any script started."""
    found = []
    for process in psutil.process_iter():
        try:
            if MARK in process.environ():
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("value", [None, "false", "0", "", "perhaps"])
async def test_without_the_owner_s_word_nothing_runs(place, monkeypatch, value):
    if value is None:
        monkeypatch.delenv(SETTING)
    else:
        monkeypatch.setenv(SETTING, value)
    for node in ("script.shell", "script.python"):
        failure = await place.fail(node, code="touch ran")
        assert (failure.code, failure.retryable) == ("SCRIPTS_NOT_ALLOWED", False)
        assert f"{SETTING}=true" in failure.message
    assert place.names() == []


async def test_python_reads_json_and_words_and_what_it_prints_is_the_output(place):
    code = "import json, sys; print(json.dumps({'given': json.load(sys.stdin), 'words': sys.argv[1:]}))"
    given = {"a": ["ü", None, 1.5], "b": "{{ not a template }}"}
    output = await place.run("script.python", code=code, input=given, arguments=["$(id)", "a b", ""])
    assert output == {
        "exitCode": 0,
        "json": {"given": given, "words": ["$(id)", "a b", ""]},
        "text": None,
        "errors": "",
    }
    assert place.names() == []


async def test_the_shell_gets_each_argument_as_one_word(place):
    output = await place.run("script.shell", code='printf "%s|" "$@"; cat', arguments=["a b", "`id`", "*"], input=[1])
    assert (output["text"], output["json"]) == ("a b|`id`|*|[1]", None)


async def test_it_works_in_the_folder_of_the_execution(place):
    place.write("in.txt", "1\n2\n")
    output = await place.run("script.shell", code="wc -l < in.txt > out.txt; pwd")
    assert output["text"].strip() == str(place.workdir)
    assert (place.workdir / "out.txt").read_text().strip() == "2"
    assert place.names() == ["in.txt", "out.txt"]


async def test_neither_secrets_nor_settings_of_the_runner_reach_it(place, monkeypatch):
    hidden = {
        "EXEKRA_RUNNER_MACHINE_SECRET": "geheim",
        "EXEKRA_RUNNER_HOME": "/home",
        "AWS_SECRET_ACCESS_KEY": "key",
        "PYTHONPATH": "/somewhere",
        "LD_PRELOAD": "",
        "https_proxy": "http://me:geheim@proxy:1",
    }
    kept = {"LC_ALL": "C.UTF-8", "http_proxy": "http://proxy:1", "EXEKRA_ATTEMPT": "attempt-1"}
    for name, value in {**hidden, **kept}.items():
        monkeypatch.setenv(name, value)
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    seen = (await place.run("script.python", code=code))["json"]
    assert seen.keys().isdisjoint(hidden)
    assert seen.items() >= kept.items()
    assert {name for name in seen if name.startswith("EXEKRA")} == {"EXEKRA_ATTEMPT", MARK}
    assert seen.keys() - {MARK} <= allowed_names(os.environ).keys() | {"PWD", "SHLVL", "_", "LC_CTYPE"}


async def test_nothing_but_its_three_streams_is_open(place):
    with (place.workdir / "open").open("w"):
        code = "import os; print(sorted(int(fd) for fd in os.listdir('/proc/self/fd')))"
        output = await place.run("script.python", code=code)
    # The fourth is the listing itself.
    assert output["json"][:3] == [0, 1, 2]
    assert len(output["json"]) == 4


@pytest.mark.parametrize(("code", "status"), [("echo what >&2; echo ' no file '>&2; exit 3", 3), ("kill -9 $$", -9)])
async def test_another_exit_code_is_a_failure_with_the_last_thing_it_said(place, code, status):
    failure = await place.fail("script.shell", code=code)
    assert (failure.code, failure.retryable, failure.details["exitCode"]) == ("SCRIPT_FAILED", True, status)
    if status == 3:
        assert "exit code 3: no file" in failure.message
        assert place.lines == [("info", "what"), ("info", " no file ")]
    assert (await place.run("script.shell", code=code, expectedExit=[0, status]))["exitCode"] == status


async def test_an_exception_in_python_is_named(place):
    failure = await place.fail("script.python", code="prices = {}\nprices['eggs']\n")
    assert "KeyError: 'eggs'" in failure.message
    assert "line 2" in failure.details["errors"]


@pytest.mark.parametrize(
    ("printed", "read_as", "expected"),
    [
        ('{"a": 1}', "auto", {"json": {"a": 1}, "text": None}),
        ("{a}", "auto", {"json": None, "text": "{a}"}),
        ("12", "auto", {"json": None, "text": "12"}),
        ("12", "json", {"json": 12, "text": None}),
        ("[1]", "text", {"json": None, "text": "[1]"}),
        ("", "auto", {"json": None, "text": ""}),
    ],
)
async def test_what_it_prints_is_read_as_asked(place, printed, read_as, expected):
    output = await place.run("script.shell", code='printf "%s" "$1"', arguments=[printed], readAs=read_as)
    assert {key: output[key] for key in ("json", "text")} == expected


async def test_json_that_is_none_is_a_failure_and_bytes_that_are_no_text_are_not(place):
    failure = await place.fail("script.shell", code="echo no", readAs="json")
    assert failure.code == "SCRIPT_INVALID_JSON"
    assert (await place.run("script.shell", code="printf 'a\\377b'"))["text"] == "a�b"


async def test_lines_are_logged_while_it_runs_and_secrets_in_them_are_hidden_however_they_come(place):
    place.masker = Masker(["top-secret-1"])
    code = """import sys, time
for piece in ('begin\\n', 'x top-se', 'cret', '-1 y\\n', 'z' * 15_000 + 'top-', 'secret-1'):
    sys.stderr.write(piece); sys.stderr.flush(); time.sleep(0.02)
while not __import__('os').path.exists('go'): time.sleep(0.02)
"""
    running = asyncio.create_task(place.run("script.python", code=code))
    await eventually(lambda: ("info", "begin") in place.lines, PATIENCE)
    place.write("go", "")
    output = await running
    assert ("info", "x ••• y") in place.lines
    assert "".join(line for _, line in place.lines[2:]) == "z" * 15_000 + "•••"
    assert "top-secret" not in output["errors"]


def test_a_flood_of_lines_is_cut_and_told(place):
    lines = ToldLines(place, most_lines=3)
    for piece in ("1\n2", "\n3\n4\n", "5"):
        lines.feed(piece)
    lines.close()
    lines.close()
    told = [("info", "1"), ("info", "2"), ("info", "3"), ("warning", "2 further lines of the script are left out.")]
    assert place.lines == told
    assert lines.end() == "1\n2\n3\n4\n5"


async def test_more_output_than_allowed_ends_it(place):
    failure = await place.fail("script.shell", code="yes", maxBytes=100_000)
    assert (failure.code, failure.retryable) == ("SCRIPT_OUTPUT_TOO_LARGE", False)
    await eventually(lambda: marked() == [], PATIENCE)
    assert len((await place.run("script.shell", code="printf 123", maxBytes=3))["text"]) == 3


STUBBORN = """
import os, signal, subprocess, sys, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    open('daemon', 'w').close()
    time.sleep(600)
subprocess.Popen(['sleep', '600'])
open('ready', 'w').close()
"""


async def test_a_stop_ends_it_with_all_its_children_though_they_ignore_signals(place):
    running = asyncio.create_task(place.run("script.python", code=f"{STUBBORN}\ntime.sleep(600)"))
    await eventually(lambda: {"ready", "daemon"} <= set(place.names()), PATIENCE)
    assert len(marked()) == 3
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await eventually(lambda: marked() == [], PATIENCE)
    assert not [name for name in place.names() if name.startswith(".script")]


async def test_a_script_that_ends_leaves_nothing_running_and_is_not_waited_for_by_what_it_left(place):
    await place.run("script.python", code=STUBBORN)
    await eventually(lambda: marked() == [], PATIENCE)


HOST = """
import asyncio, os, sys
from pathlib import Path
os.setsid()
from tests.unit.runner.nodes.harness import Workplace
asyncio.run(Workplace(Path(sys.argv[1])).run("script.python", code=Path(sys.argv[2]).read_text()))
"""


async def test_an_execution_that_was_killed_takes_its_scripts_along(place, tmp_path, monkeypatch):
    monkeypatch.setenv(ATTEMPT_MARK, "attempt-7")
    (tmp_path / "code.py").write_text(f"{STUBBORN}\ntime.sleep(600)")
    host = await asyncio.create_subprocess_exec(sys.executable, "-c", HOST, place.workdir, tmp_path / "code.py")
    try:
        await eventually(lambda: {"ready", "daemon"} <= set(place.names()), PATIENCE)
        member = Member(host.pid, start_time(host.pid), "attempt-7")
    finally:
        host.kill()
        await host.wait()
    assert len(marked()) == 3
    # What the agent does when an execution's process ends without a word.
    assert kill_tree(member) >= 3
    await eventually(lambda: marked() == [], PATIENCE)


async def test_scripts_are_attested_only_where_they_are_allowed(monkeypatch):
    assert "scripts" in machine.capabilities()
    monkeypatch.delenv(SETTING)
    assert "scripts" not in machine.capabilities()


async def test_a_script_may_clean_up_before_it_is_killed(place):
    code = "trap 'echo bye > bye; exit 0' TERM; touch ready; while :; do sleep 0.05; done"
    running = asyncio.create_task(place.run("script.shell", code=code))
    await eventually(lambda: "ready" in place.names(), PATIENCE)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (place.workdir / "bye").read_text() == "bye\n"


def test_the_end_of_a_script_fits_into_the_time_the_engine_gives_a_node():
    assert GRACE_SECONDS + DRAIN_SECONDS < CANCEL_SECONDS


async def test_a_script_that_takes_too_long_is_ended(place):
    failure = await place.fail("script.shell", code="sleep 600", timeoutSeconds=0.3)
    assert (failure.code, failure.retryable) == ("SCRIPT_TIMEOUT", True)
    await eventually(lambda: marked() == [], PATIENCE)


async def test_input_that_nobody_reads_harms_nobody(place):
    output = await place.run("script.shell", code="exec 0<&-; echo ok", input="x" * 5_000_000)
    assert output["text"] == "ok\n"
    length = await place.run("script.shell", code="wc -c", input="x" * 5_000_000)
    assert int(length["text"]) == 5_000_002


async def test_many_at_once_do_not_wait_for_each_other(place):
    async def one(number):
        return (await place.run("script.shell", code='sleep 0.2; echo "$1"', arguments=[str(number)]))["text"]

    assert await asyncio.gather(*map(one, range(12))) == [f"{number}\n" for number in range(12)]


@pytest.mark.parametrize(
    ("node", "config", "code"),
    [
        ("script.python", {"interpreter": "no-such-python"}, "SCRIPT_PROGRAM_MISSING"),
        ("script.python", {"interpreter": "sh"}, "SCRIPT_FAILED"),
    ],
)
async def test_what_cannot_be_run_is_told(place, node, config, code):
    assert (await place.fail(node, **{"code": "print(1)", **config})).code == code
    assert place.names() == []


async def test_another_python_can_be_named(place):
    output = await place.run("script.python", code="import sys; print(sys.executable)", interpreter=sys.executable)
    assert output["text"].strip() == sys.executable
