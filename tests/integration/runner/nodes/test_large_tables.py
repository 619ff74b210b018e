import json
import subprocess
import sys

ALLOWED_GROWTH = 250 * 1024 * 1024
"""100,000 rows of four columns are about 45 MB of Python objects; a workbook held whole would add 400."""


def test_a_hundred_thousand_rows_pass_through_csv_and_excel_in_bounded_memory(tmp_path):
    program = [sys.executable, "-m", "tests.integration.runner.nodes.large_tables", str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    memory = json.loads(done.stdout)
    assert memory["peak"] - memory["before"] < ALLOWED_GROWTH
