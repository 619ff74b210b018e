"""What a service does not load."""

import subprocess
import sys


def test_a_service_starts_without_rich_and_rich_can_be_loaded_later() -> None:
    program = "import services.kit.log, sys; assert 'rich' not in sys.modules; import rich.console, rich.traceback"
    subprocess.run([sys.executable, "-c", program], check=True)
