"""Writes the node types the product ships as JSON for the scheduler, which never imports node code.

Run it after a declaration changed; a test compares the file with the declarations.
"""

import json
import sys
from pathlib import Path

from runner.nodes.registry import BUILT_IN

TARGET = Path(__file__).resolve().parent.parent / "services/scheduler/workflows/builtin_node_types.json"


def render() -> str:
    """All built-in declarations by type, one readable JSON list; installed packages are left out."""
    declarations = sorted((node.declaration() for node in BUILT_IN), key=lambda declaration: declaration.type)
    return json.dumps([declaration.as_json() for declaration in declarations], indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Writes the file."""
    TARGET.write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
