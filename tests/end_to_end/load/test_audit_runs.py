"""Load tests that end in an audit, from the first request to the exit code: real Locust, real CLIENTs."""

import re
from contextlib import ExitStack
from decimal import Decimal

import pytest
import requests

from scenarios.hosting.ports import free_port
from tests.support.programs.load_runs import DISTURBED, ONE_AT_A_TIME, load
from tests.support.programs.reference import HASH, reference

pytestmark = [pytest.mark.timeout(480, func_only=True), ONE_AT_A_TIME]
PLAYERS = tuple(f"p-{number}" for number in range(1, 9))
BUSY = ("--copies=0.3", "--races=0.2", "--orphans=0.2", "--cuts=0.1", "--forgeries=0.1", "--voids=0.3")
ROWS = {
    "bet",
    "win",
    "loss",
    "void",
    "cash-out",
    "copy",
    "copies at once",
    "orphan",
    "late bet",
    "with a fault",
    "two voids at once",
    "orphan and bet at once",
    "rollback",
    "bad signature",
}


def balances(client):
    """A target file's sections that let balances be read over HTTP."""
    url = f"{client.url}/players/{{player}}/balance"
    return f'[target]\nprobe = "http"\n[driver]\nbalance = {{ get = "{url}", read = "balance" }}\n'


def tab(url):
    """What the tab of Locust's page shows now."""
    (shown,) = requests.get(f"{url}/stats/requests", timeout=60).json()["extended_stats"]
    assert shown["key"] == "audit"
    return {row["what"]: row["value"] for row in shown["data"]}


def test_a_sound_client_is_clean_and_told_so_everywhere(tmp_path):
    with reference(tmp_path) as client:
        client.target(tmp_path, players=PLAYERS)
        with load(tmp_path, "--requests", "900", *BUSY) as run:
            assert run.ended() == 0, run.output
    audit = run.audit
    assert (audit["verdict"], audit["off"], audit["probe"]) == ("clean", "0.00", "wagers")
    assert (audit["players"], audit["right"]) == (8, 8)
    sent = run.report["load"]["requests"]
    assert sent >= 900
    # What is sent again, is forged or reads a balance is a request, and no transaction.
    assert 0 < audit["client_ids"]["compared"] <= audit["transactions"] < sent
    assert "audit: clean" in run.output
    page = (tmp_path / "locust.html").read_text()
    assert "AUDIT" in page
    assert "balances of 8 players" in page
    assert 'id="' in (tmp_path / "report" / "report.html").read_text()
    assert {rule["id"]: rule["outcome"] for rule in run.report["rules"]} == {
        "INV-05": "passed",
        "MSG-05": "passed",
    }
    rows = run.report["load"]["rows"]
    assert {row["name"] for row in rows} >= ROWS
    assert [row for row in rows if row["name"] in ROWS and row["failures"]] == []
    assert HASH not in run.output + page + (tmp_path / "report" / "report.json").read_text()


def test_two_workers_on_postgresql_are_clean_together(tmp_path, postgres_url):
    with reference(tmp_path, database=postgres_url) as client:
        client.target(tmp_path, players=PLAYERS, more="")
        path = tmp_path / "pitboss.toml"
        path.write_text(path.read_text() + balances(client))
        with load(tmp_path, "--requests", "600", "--processes", "2", *DISTURBED) as run:
            assert run.ended() == 0, run.output
    audit = run.audit
    assert (audit["verdict"], audit["workers"], audit["probe"]) == ("clean", 2, "http")
    assert (audit["players"], audit["right"], audit["lost_workers"]) == (8, 8, [])
    assert run.report["load"]["requests"] >= audit["transactions"]


def test_a_racy_client_is_broken_and_its_players_named(tmp_path):
    with reference(tmp_path, "race-everything") as client:
        path = client.target(tmp_path, players=PLAYERS)
        path.write_text(path.read_text() + balances(client))
        with load(tmp_path, "--requests", "1500", "--races", "0.5", "--processes", "2") as run:
            assert run.ended() == 1, run.output
            now = {player: client.balance(player) for player in PLAYERS}
    audit = run.audit
    assert audit["verdict"] == "broken"
    assert audit["off_players"] == len(audit["broken"]) > 0
    assert "INV-05" in audit["broken_rules"]
    for reported in audit["broken"]:
        assert f"seen {now[reported['player']]}" in reported["why"]
    assert "BROKEN" in run.output
    assert re.search(r"AUDIT +balance of p-\d", run.output)


def test_a_client_that_shares_ids_is_broken_though_all_money_is_right(tmp_path):
    with reference(tmp_path, "msg-ids-by-second") as client:
        client.target(tmp_path, players=PLAYERS)
        with load(tmp_path, "--processes", "2") as run:
            run.wait_until_sent(50)
            run.interrupt()
            assert run.ended() == 1, run.output
    assert run.audit["client_ids"]["shared"]
    assert "MSG-05" in run.audit["broken_rules"]
    assert run.audit["off"] == "0.00"


def test_ctrl_c_is_audited_first_on_master_and_workers_by_a_sample_if_asked(tmp_path):
    with reference(tmp_path) as client:
        client.target(tmp_path, players=PLAYERS)
        with load(tmp_path, "--processes", "2", "--audit-sample", "3", *DISTURBED) as run:
            # By then all eight have played, four on each worker: how many are read depends on it.
            run.wait_until_sent(300)
            run.interrupt()
            assert run.ended() == 0, run.output
    assert run.audit["verdict"] == "clean"
    assert run.audit["workers"] == 2
    assert (run.audit["read"], run.audit["players"]) == (4, 8)
    assert "4 of 8 players, drawn by chance" in run.audit["sample"]
    assert "balances of 8 players" in (tmp_path / "locust.html").read_text()


def test_a_client_that_went_away_is_undecided_not_clean(tmp_path):
    with ExitStack() as stack:
        with reference(tmp_path) as client:
            client.target(tmp_path, players=PLAYERS[:2])
            options = ("--audit-time", "2", "--drain-time", "1")
            run = stack.enter_context(load(tmp_path, *options, users=2))
            run.wait_until_sent(50)
        run.interrupt()
        assert run.ended() == 4, run.output
    assert run.audit["verdict"] == "undecided"
    assert run.audit["undecided_players"] == 2


def test_the_web_page_has_our_options_no_secret_and_a_tab_that_follows_the_audit(tmp_path):
    page = free_port()
    with reference(tmp_path) as client:
        client.target(tmp_path, players=PLAYERS)
        options = ("--web-host", "127.0.0.1", "--web-port", str(page), "--autostart")
        with load(tmp_path, *options, headless=False) as run:
            run.wait_for("All users spawned")
            url = f"http://127.0.0.1:{page}"
            text = requests.get(url, timeout=60).text
            for word in ("extended_tabs", "copies", "race_width", "late_bets", "least_stake", "p99_limit"):
                assert f'"{word}"' in text
            assert '"shape": {' not in text
            assert HASH not in text
            while not int((shown := tab(url))["transactions"]):
                assert shown["state"] == "playing"
            assert set(shown) >= {"state", "played", "open"}
            assert requests.post(f"{url}/stop", timeout=60).ok
            run.wait_for("audit: clean")
            assert tab(url)["audit"].startswith("clean")
    assert run.audit["verdict"] == "clean"


def test_funds_are_counted(tmp_path):
    with reference(tmp_path, balance=Decimal(0)) as client:
        client.target(tmp_path, players=PLAYERS[:4])
        with load(tmp_path, "--requests", "40", "--opening", "fund:50", users=4) as run:
            assert run.ended() == 0, run.output
    assert run.audit["verdict"] == "clean"
