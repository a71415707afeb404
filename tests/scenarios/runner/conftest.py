"""A file of scenarios that a test makes up."""

from textwrap import dedent

import pytest

HEAD = """
    import pytest
    from scenarios.contract import Level
    from scenarios.run.balances import Undecided

"""


@pytest.fixture
def scenario(tmp_path):
    """Writes a scenario file; returns its path in a list, as check takes it."""

    def write(text):
        path = tmp_path / "test_made.py"
        path.write_text(dedent(HEAD) + dedent(text))
        return [path]

    return write
