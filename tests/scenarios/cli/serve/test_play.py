"""``pitboss serve --play`` as a command: it plays until it is ended, audits, and its exit code tells what was found."""

import re
import signal
from pathlib import Path

import pytest
import requests

from tests.support.programs.commanding import pitboss, serving, target_file, three_beats
from tests.support.programs.reference import reference

PORTS = ("--operator-port", 0)


def serve(folder: Path, *options: object, exchanges: int) -> tuple[int, str, str]:
    """Serve and play until so many exchanges are over, then Ctrl-C; how it ended."""
    with serving("--play", "--play-rate", 50, *PORTS, *options, cwd=folder) as (process, said):
        url = re.search(r"CONSOLE +(http://\S+)", said)[1]
        asked = {"filter": "provider:operator client:to", "count": exchanges, "wait": 30}
        for _ in range(10):
            found = requests.get(f"{url}/exchanges", params=asked, timeout=60).json()["exchanges"]
            if len(found) >= exchanges:
                break
        process.send_signal(signal.SIGINT)
        rest, wrong = process.communicate(timeout=240)
    return process.returncode, said + rest, wrong


@pytest.mark.parametrize(("mutant", "code"), [(None, 0), ("idm-no-results", 1)])
def test_the_exit_code_says_what_the_audit_found(tmp_path: Path, mutant: str | None, code: int):
    with reference(tmp_path, mutant) as client:
        client.target(tmp_path)
        state = ("--state", "state.db", "--copies", 0.5)
        ended, said, wrong = serve(tmp_path, *state, exchanges=150)
    assert ended == code, said + wrong
    assert wrong == ""
    assert "autoplay        2 players, 50 rounds a second" in said
    if code:
        assert "audit: BROKEN" in said
        assert re.search(
            r"  p-\d: [\d.]+ EUR too much: owned [\d.]+ EUR at first, owns [\d.]+ EUR; ", said
        ), said
    else:
        assert "audit: clean" in said
        assert "2 of 2 players read by wagers, 2 right" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--play-rate", "0"), "--play-rate is 0"),
        (("--orphans", "1.5"), "--orphans is 1.5"),
        (("--most-stake", "0.5"), "--least-stake is 100, and the highest stake is 50"),
    ],
)
def test_sizes_that_cannot_be_are_told_at_once(tmp_path: Path, options: tuple[str, ...], words: str):
    target_file(tmp_path, "http://127.0.0.1:9/operator")
    done = pitboss("serve", "--play", *PORTS, "--console-port", 0, *options, cwd=tmp_path)
    assert words in three_beats(done, 2)


def test_to_play_there_must_be_an_operator(tmp_path: Path):
    Path(tmp_path, "pitboss.toml").write_text('[checkout]\nmerchant_id = "m"\nkey = "a key of the tests"\n')
    done = pitboss("serve", "--play", "--checkout-port", 0, "--console-port", 0, cwd=tmp_path)
    assert "--play was given" in three_beats(done, 2)
