"""The tree of commands against the contract: none of them can get lost, and each explains itself."""

from typing import Any

import pytest
import typer.main

from runner.__main__ import app as runner_app
from services.cli.app import app

CONTRACT = """
up
down
demo
status
doctor
migrate
backup
restore
key export
key import
login
logout
run
apply
workflow list
workflow import
workflow export
workflow validate
workflow publish
execution list
execution show
execution logs
execution stop
execution retry
trigger list
trigger create
trigger show
trigger update
trigger enable
trigger disable
trigger fire
trigger fires
trigger rotate
trigger preview
trigger backfill
trigger resume
trigger delete
delivery list
delivery replay
runner list
runner register
runner rotate
runner drain
runner resume
approval list
approval approve
approval reject
calendar list
calendar import
queue list
queue items
event list
event create
event test
event replay
event deliveries
variable list
variable set
variable delete
credential list
credential create
credential update
credential delete
audit verify
audit export
dispatch hold
dispatch release
dispatch show
license show
license install
settings show
settings set
service install
service remove
"""

RUNNER_CONTRACT = """
pair
run
open
doctor
record
service install
service remove
"""


def find(root: typer.Typer, words: str) -> Any:
    """The command that the words lead to."""
    command: Any = typer.main.get_command(root)
    for word in words.split():
        assert word in command.commands, f"{words} is missing"
        command = command.commands[word]
    return command


@pytest.mark.parametrize("words", CONTRACT.strip().splitlines())
def test_a_command_of_the_contract_is_there_and_explains_itself(words: str) -> None:
    assert find(app, words).help


@pytest.mark.parametrize("words", RUNNER_CONTRACT.strip().splitlines())
def test_a_command_of_the_runner_is_there_and_explains_itself(words: str) -> None:
    assert find(runner_app, words).help
