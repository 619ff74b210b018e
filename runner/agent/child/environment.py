"""What execution processes see of the agent's environment: everything but the settings of runner and Hub.

Those hold the runner's secret, and on a Hub's own machine the Hub's; browsers and programs would inherit them.
"""

from collections.abc import Mapping
from typing import Final

from runner.nodes.browser import program
from runner.nodes.scripts import permission

_OURS: Final = "EXEKRA_"
_READ_BY_NODES: Final = frozenset({program.SETTING, program.SANDBOX_SETTING, permission.SETTING})


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of an execution's process."""
    return {
        name: value
        for name, value in environment.items()
        if not name.upper().startswith(_OURS) or name.upper() in _READ_BY_NODES
    }
