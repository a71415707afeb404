"""What end-to-end tests share."""

import fcntl
import os
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def alone_with_a_load():
    """No other test, of whichever worker, loads a CLIENT meanwhile."""
    with Path(tempfile.gettempdir(), f"pitboss-tests-load-{os.getuid()}").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
