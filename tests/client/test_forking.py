"""Any mutant can be built in a process forked from one that has imported them all."""

import subprocess
import sys

from client_under_test.mutants.table import ALL

# A few of each file of the table, and those that start threads or a database of their own.
NAMES = [*(mutant.name for mutant in ALL[::24]), "crash-write-behind", "evt-in-memory"]


def test_mutants_work_in_processes_forked_from_a_warm_one():
    ran = subprocess.run(
        [sys.executable, "-m", "tests.client.forking", *NAMES], capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == NAMES
