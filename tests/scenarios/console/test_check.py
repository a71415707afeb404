"""Checks started from the console, over HTTP: their verdicts, ports that come back, and an end in the middle."""

import json
import re
import signal
from collections.abc import Iterator

import pytest
import requests

from scenarios.console.checks import Progress
from simulators.server.access.gate import TOKEN_HEADER
from tests.scenarios.console.running import Scene, served_console


def do(scene: Scene, action: str, **fields: object) -> requests.Response:
    page = requests.get(scene.url, timeout=30).text
    token = re.search(r'name="pitboss-token" content="([^"]+)"', page)[1]
    return requests.post(f"{scene.url}/do/{action}", json=fields, headers={TOKEN_HEADER: token}, timeout=60)


def progress(scene: Scene) -> Iterator[dict[str, object]]:
    """The check's standing, each time that it changes."""
    with requests.get(f"{scene.url}/events", stream=True, timeout=120) as answer:
        event = b""
        for line in answer.iter_lines():
            if line.startswith(b"event: "):
                event = line
            elif line.startswith(b"data: ") and event == b"event: check":
                reported = json.loads(line.removeprefix(b"data: "))
                if reported is not None:
                    yield reported


def ended(scene: Scene) -> dict[str, object]:
    return next(reported for reported in progress(scene) if reported["phase"] == "ended")


def test_a_mutant_is_caught_and_the_report_can_be_opened(tmp_path):
    with served_console(tmp_path, "rollback-orphan-deposits") as scene:
        assert do(scene, "check", only="RBK-04,RES-01", seed="7").status_code == 200
        reported = ended(scene)
        assert reported["result"]["code"] == 1
        assert reported["planned"]["seed"] == 7
        assert {rule: standing for rule, (standing, _) in reported["rules"].items()} == {
            "RBK-04": "failed",
            "RES-01": "passed",
        }
        assert "expected" in reported["rules"]["RBK-04"][1]
        ((rule, stake),) = [(one["rule"], one["stake"]) for one in reported["result"]["to_fix"]]
        assert rule == "RBK-04"
        assert re.fullmatch(r"up to [0-9.]+ EUR off", stake)
        report = requests.get(f"{scene.url}/report/report.json", timeout=30)
        assert report.json()["seed"] == 7
        assert "sandbox" in report.headers["Content-Security-Policy"]
        # The next one begins with nothing of the last, and may be of rules that need the lent ports.
        do(scene, "check", only="OUT-01,EVT-01")
        reported = ended(scene)
        assert (reported["number"], reported["result"]["code"], reported["problem"]) == (2, 0, None)
        assert (
            do(scene, "session", player="p-1", through_client=True).json()["url"].startswith(scene.operator)
        )


def test_only_one_runs_at_a_time_and_ctrl_c_puts_players_back(tmp_path):
    with served_console(tmp_path) as scene:
        before = scene.client.balance()
        do(scene, "check")
        next(reported for reported in progress(scene) if reported["done"] > 0)
        assert "a check is under way" in do(scene, "check").json()["came"]
        scene.process.send_signal(signal.SIGINT)
        assert scene.process.wait(timeout=90) == 0
        assert scene.client.balance() == before


def test_a_target_that_is_away_is_told(tmp_path):
    with served_console(tmp_path) as scene:
        path = tmp_path / "pitboss.toml"
        path.write_text(path.read_text().replace(scene.client.url, "http://127.0.0.1:9"))
        do(scene, "check", only="RES-01")
        reported = ended(scene)
        assert reported["result"] is None
        assert "127.0.0.1:9" in reported["problem"]["came"]
        assert reported["problem"]["next_step"]


@pytest.mark.parametrize(
    ("standings", "shown"),
    [
        (["passed", "failed"], "failed"),
        (["failed", "passed"], "failed"),
        (["skipped", "passed"], "passed"),
        (["undecided", "warned", "passed"], "warned"),
        (["passed", "info"], "info"),
    ],
)
def test_a_rule_stands_as_the_gravest_of_its_scenarios(standings: list[str], shown: str):
    progress = Progress(1)
    for standing in standings:
        line = {
            "event": "finished",
            "id": "s",
            "exchanges": 1,
            "rules": {"RBK-04": [standing, f"is {standing}"]},
        }
        progress.take(json.loads(json.dumps(line)))
    assert progress.rules == {"RBK-04": [shown, f"is {shown}"]}
    assert progress.done == len(standings)
