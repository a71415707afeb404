"""CLIENTs that mean harm beside ``pitboss serve``: what it sends to each ends in time, and is shown in words."""

import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from scenarios.hosting.ports import free_port
from simulators.server.access.gate import TOKEN_HEADER
from tests.scenarios.console.running import CONTROL_TOKEN
from tests.support.programs.commanding import serving, target_file
from tests.support.servers.hostile import HOSTILE, answering_each, peak_megabytes

PLAYERS = [f"h-{number}" for number in range(len(HOSTILE))]
# No byte of the CLIENT's that a terminal or a page would obey; tabs and ends of lines are the page's own.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")


@pytest.mark.timeout(480)
def test_every_kind_is_called_back_and_shown_within_its_time_and_memory(tmp_path: Path) -> None:
    # A callback that came, by its player.
    met: list[str] = []
    with answering_each(dict(zip(PLAYERS, HOSTILE.values(), strict=True)), met.append) as url:
        target_file(tmp_path, url, players=PLAYERS, more="timeout = 0.3")
        ports = ("--operator-port", free_port(), "--console-port", port := free_port())
        console = f"http://127.0.0.1:{port}"

        def call_back(player: str) -> tuple[str, str]:
            """What is said of a bet of ``player``, and the page that shows it."""
            asked = {"event": "bet", "player": player, "amount": "1", "copies": "1"}
            answer = requests.post(
                f"{console}/do/raise", json=asked, headers={TOKEN_HEADER: CONTROL_TOKEN}, timeout=120
            )
            assert answer.status_code == 200, (player, answer.text)
            page = requests.get(f"{console}/exchanges/{answer.json()['exchanges'][0]}", timeout=120)
            assert page.status_code == 200, (player, page.text)
            return answer.json()["outcome"], page.text

        with serving(*ports, cwd=tmp_path, PITBOSS_CONTROL_TOKEN=CONTROL_TOKEN) as (process, _):
            with ThreadPoolExecutor(8) as pool:
                shown = dict(zip(HOSTILE, pool.map(call_back, PLAYERS), strict=True))
            assert peak_megabytes(process.pid) < 400
            process.send_signal(signal.SIGINT)
            said, wrong = process.communicate()
    assert process.returncode == 0, wrong
    assert "Traceback" not in said + wrong
    assert {*met} == {*PLAYERS}
    assert {what for what, (_, page) in shown.items() if _CONTROL.search(page)} == set()
    # None that never ended an answer was understood to have given one.
    endless = {what: outcome for what, (outcome, _) in shown.items() if what.startswith(("drips", "floods"))}
    assert set(endless.values()) == {"unknown"}, endless
