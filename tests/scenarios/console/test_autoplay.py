"""Autoplay by the control API: its sizes, what it shows, its verdict, and whom it keeps from the players."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulators.server.access.gate import TOKEN_HEADER
from tests.scenarios.console.running import CONTROL_TOKEN, Inside, Scene, console_inside, served_console


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with served_console(tmp_path_factory.mktemp("autoplay")) as made:
        yield made


def act(scene: Scene | Inside, name: str, **fields: object) -> requests.Response:
    token = scene.console.gate.token if isinstance(scene, Inside) else CONTROL_TOKEN
    return requests.post(f"{scene.url}/do/{name}", json=fields, headers={TOKEN_HEADER: token}, timeout=60)


def shown(scene: Scene, wait: int = 0) -> dict:
    return requests.get(f"{scene.url}/autoplay", params={"wait": wait}, timeout=60).json()


def refused(answer: requests.Response) -> dict:
    assert answer.status_code == 422, answer.text
    return answer.json()


def test_a_program_lets_it_play_and_reads_the_verdict(scene: Scene) -> None:
    assert shown(scene) == {"state": "off"}
    assert "autoplay is off" in refused(act(scene, "stop_autoplay"))["came"]
    began = act(scene, "autoplay", rate="50", copies="0.4", race_width="3")
    assert (began.status_code, began.json()["state"], began.json()["rate"]) == (200, "playing", 50)
    # Nobody else may need the players meanwhile.
    assert "autoplay is on" in refused(act(scene, "autoplay"))["came"]
    assert "autoplay is on" in refused(act(scene, "check"))["came"]
    assert "autoplay is on" in refused(act(scene, "audit", opening="1"))["came"]
    asked = {"filter": "provider:operator player:p-1", "count": 60, "wait": 30}
    while len(requests.get(f"{scene.url}/exchanges", params=asked, timeout=60).json()["exchanges"]) < 60:
        assert shown(scene)["state"] == "playing"
    act(scene, "stop_autoplay")
    for _ in range(5):
        state = shown(scene, 30)
        if state["state"] == "ended":
            break
    assert state["verdict"]["finding"] == "clean", state
    assert state["rounds"] > 0
    assert state["sent"]["copy"] > 0
    assert {each["player"]: each["outcome"] for each in state["verdict"]["players"]} == {
        "p-1": "right",
        "p-2": "right",
    }
    audit = act(scene, "audit", opening=state["verdict"]["players"][0]["owns"], since=999_999_999)
    assert audit.status_code == 200, audit.text


def test_a_wrong_size_is_told_at_its_field(scene: Scene) -> None:
    for name, value in (("rate", "0"), ("copies", "2"), ("least_stake", "x"), ("faults", "no-such")):
        assert set(refused(act(scene, "autoplay", **{name: value}))["fields"]) == {name}


def test_where_nobody_can_play_it_says_so(tmp_path: Path) -> None:
    with console_inside(tmp_path) as inside:
        for name in ("autoplay", "stop_autoplay"):
            assert "there is nobody to play" in refused(act(inside, name))["came"]
