"""All targets one after the other, each so many inputs as it stands beside it; a table of them."""

import re
import subprocess
import sys
import time

from .targets import TARGETS


def main() -> None:
    """Fuzz all targets; ends with status 1 if one broke its promise."""
    broken = 0
    for name, target in TARGETS.items():
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.fuzz", name,
             f"-atheris_runs={target.runs}", "-seed=1", f"-artifact_prefix={name}-"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        log = done.stdout.decode("utf-8", "replace")
        found = re.search(r"Done (\d+)", log)
        inputs = int(found[1]) if found else 0
        kept = done.returncode == 0 and inputs == target.runs
        broken += not kept
        print(f"{name:20} {inputs:9,} inputs {time.monotonic() - begun:5.0f} s  "  # noqa: T201
              f"{'kept' if kept else 'BROKEN'}", flush=True)
        if not kept:
            print("\n".join(log.splitlines()[-12:]))  # noqa: T201
    sys.exit(1 if broken else 0)
