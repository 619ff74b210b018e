"""The tree of commands against the contract: none of them can get lost, and each explains itself."""

from typing import Any

import pytest
import typer.main

from services.cli.app import app

CONTRACT = """
status
doctor
login
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
runner list
runner register
runner rotate
runner drain
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
license show
"""


@pytest.mark.parametrize("words", [line for line in CONTRACT.splitlines() if line])
def test_a_command_of_the_contract_is_there_and_explains_itself(words: str) -> None:
    command: Any = typer.main.get_command(app)
    for word in words.split():
        assert word in command.commands, f"exekra {words} is missing"
        command = command.commands[word]
    assert command.help
