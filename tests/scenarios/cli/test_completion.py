"""Shell completion: the scripts that are printed, and what the shell is then told."""

import shutil
import subprocess

import pytest

from scenarios.cli.main import COMMANDS
from scenarios.contract import GROUPS, RULES
from simulators.transport.faults.table import FAULTS
from tests.support.programs.commanding import PITBOSS, environment, pitboss


def completions(words, cwd):
    """What is offered for the last of ``words``, as bash asks."""
    typed = " ".join(["pitboss", *words])
    variables = {"_PITBOSS_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(words))}
    done = pitboss(cwd=cwd, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], list(COMMANDS)),
        (["che"], ["check"]),
        (["check", "--se"], ["--seed"]),
        (["check", "--provider", ""], ["operator", "jackpot", "checkout"]),
        (["demo", "--effort", "q"], ["quick"]),
        (["rules", "--format", "m"], ["markdown"]),
        (["trigger", "coupon/re"], ["coupon/ready", "coupon/refund_rejected", "coupon/refunded", "coupon/reserved"]),
        (["trigger", "store/u"], ["store/update"]),
        (["trigger", "bet", "--fault", "slow"], ["slow-body", "slow-reader"]),
        (["trigger", "coupon/ready", "--fault", ""], list(FAULTS)),
        (["replay", "x.json", "--rule", "IDM-1"], ["IDM-10", "IDM-11"]),
        (["check", "--only", "SIG"], ["SIG", *(name for name in RULES if name.startswith("SIG"))]),
        (["check", "--only", "rbk-04,bet-0"], [f"RBK-04,BET-0{number}" for number in range(1, 10)]),
        (["check", "--skip", "RBK,IN"], ["RBK,INV", *(f"RBK,INV-0{number}" for number in range(1, 6))]),
        (["rules", "--only", "RBK-04,RBK-04"], []),
        (["completion", ""], ["bash", "zsh", "fish"]),
    ],
    ids=lambda given: " ".join(given)[:40],
)  # fmt: skip
def test_what_is_offered(words, expected, tmp_path):
    assert completions(words, tmp_path) == expected


def test_groups_are_offered_first(tmp_path):
    offered = completions(["check", "--only", ""], tmp_path)
    assert offered == [*GROUPS, *RULES]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_the_command(shell, tmp_path):
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("bash itself says which version it is; apt-get install bash")
    done = pitboss("completion", shell, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"_PITBOSS_COMPLETE={shell}_complete" in done.stdout
    assert "pitboss" in done.stdout


def test_a_real_bash_completes_a_rule(tmp_path):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash to complete in; apt-get install bash")
    script = (
        'eval "$(pitboss completion bash)"\n'
        "COMP_WORDS=(pitboss check --only RBK-0); COMP_CWORD=3\n"
        '_pitboss_completion pitboss RBK-0 --only; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    path = f"{PITBOSS.rpartition('/')[0]}:/usr/bin:/bin"
    done = subprocess.run(
        [bash, "--norc", "-c", script],
        cwd=tmp_path,
        env=environment(PATH=path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split() == [f"RBK-0{number}" for number in range(1, 10)], done.stderr
