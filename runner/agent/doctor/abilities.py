"""What nodes may need of this machine beyond Python: a browser, a screen, text in pictures, scripts.

None of it is needed by the runner itself: what is missing only keeps those workflows away that name it.
"""

from runner.agent import machine
from runner.agent.doctor.finding import Finding, fine, lacking
from runner.desktop import availability
from runner.desktop.availability import Availability
from runner.nodes import registry
from runner.nodes.browser import program
from runner.nodes.scripts import permission


def examine() -> list[Finding]:
    """Each of them, with the command that installs what is missing."""
    capabilities = machine.capabilities()
    return [
        fine("nodes", f"{len(registry.node_types())} node types."),
        fine("capabilities", f"The Hub is told: {', '.join(capabilities)}."),
        _browser(),
        _available("desktop", availability.desktop(), "There is a screen, unlocked, and what nodes need to use it."),
        _available("ocr", availability.ocr(), "Text in pictures can be read."),
        _scripts("scripts" in capabilities),
    ]


def _browser() -> Finding:
    missing = program.missing()
    if missing is None:
        return fine("browser", f"{program.find_program()}.")
    problem, _, command = missing.partition("; run: ")
    return lacking("browser", f"{problem}.", command)


def _available(subject: str, found: Availability, message: str) -> Finding:
    return fine(subject, message) if found.is_there else lacking(subject, found.problem, found.remedy)


def _scripts(allowed: bool) -> Finding:
    if allowed:
        return fine("scripts", "Workflows may run Python and shell scripts with the rights of the runner's user.")
    return Finding("scripts", "ok", f"Not allowed here; {permission.SETTING}=true allows them.")
