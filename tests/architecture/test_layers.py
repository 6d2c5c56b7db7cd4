"""Who may import whom, as pyproject.toml says."""

import subprocess
import sys
from pathlib import Path


def test_no_package_imports_one_above_it(project):
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [linter, "--no-cache"], cwd=project, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
