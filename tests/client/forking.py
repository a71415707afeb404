"""A warm process that forks a child for each mutant named, and lets each answer a genuine bet over HTTP.

``python -m tests.client.forking NAME ..`` prints the names of those that did; run as a process of its own,
because nothing that a fork would share may be there when it starts.
"""

import os
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from client_under_test.mutants import host
from tests.support.client_calls import config, message, post


def main(names: list[str]) -> int:
    """Judge by exit codes: 0 where every child answered."""
    natives = [task.name for task in Path("/proc/self/task").iterdir()]
    assert (threading.active_count(), len(natives)) == (1, 1), "importing the CLIENT started threads"
    return max([answers_in_a_child(name) for name in names], default=0)


def answers_in_a_child(name: str) -> int:
    """Fork; return the exit code of the child, in which the mutant was built and served."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with TemporaryDirectory() as folder, host.serve(name, config(Path(folder))) as address:
                assert post(address, message("bet", 1))["error"] is None
            print(name, flush=True)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
