"""Draws the README's picture from the scheduler's transition table; `--check` only says whether it is up to date."""

import sys
from pathlib import Path

from services.scheduler.executions.lifecycle import TERMINAL, TRANSITIONS, Status

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN = "<!-- picture: made by scripts/lifecycle_picture.py from the scheduler's transition table -->\n"
END = "<!-- /picture -->\n"


def draw() -> str:
    """The table as a Mermaid state diagram: one arrow for each pair of statuses, its events in words."""
    arrows: dict[tuple[Status, Status], list[str]] = {}
    for (status, event), target in TRANSITIONS.items():
        if status is not target:
            arrows.setdefault((status, target), []).append(event.lower().replace("_", " "))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Status.QUEUED}: submit"]
    lines += [f"    {source} --> {target}: {' / '.join(events)}" for (source, target), events in arrows.items()]
    lines += [f"    {status} --> [*]" for status in Status if status in TERMINAL]
    return "\n".join([*lines, "```", ""])


def main() -> int:
    """Writes the picture, or with `--check` answers 1 when it differs."""
    text = README.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    wanted = before + BEGIN + draw() + END + after
    if wanted == text:
        return 0
    if "--check" in sys.argv:
        print("README.md: the picture is not the transition table's; run python -m scripts.lifecycle_picture")
        return 1
    README.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
