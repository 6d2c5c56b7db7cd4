"""Processor time of starting p3m by `import p3m` or the command line, each in a fresh process.

python benchmarks/startup.py
"""

import argparse
import resource
import subprocess
import sys
from pathlib import Path

from result_file import case, write_result

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import p3m": [sys.executable, "-c", "import p3m"],
    "p3m --version": [str(Path(sys.executable).with_name("p3m")), "--version"],
    "p3m --help": [str(Path(sys.executable).with_name("p3m")), "--help"],
}


def main() -> None:
    """Measures each command and writes the result file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    options = parser.parse_args()
    cases = []
    for name, command in COMMANDS.items():
        cpu_seconds(command)  # fills the file cache and writes the byte code
        cases.append(case(name, "s", [cpu_seconds(command) for _ in range(options.runs)]))
        summary = cases[-1].summary
        print(f"{name:16} median {summary['median']:.3f} s, min {summary['min']:.3f} s of CPU")
    settings = {"runs": options.runs}
    print(write_result("startup", cases, settings=settings, machine=options.machine))


def cpu_seconds(command: list[str]) -> float:
    """User plus system time of one run, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
