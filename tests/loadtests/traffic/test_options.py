"""Options and what is made of them: players, workers' shares, sizes; and everything that cannot be."""

import re
from pathlib import Path

import gevent
import pytest

from loadtests.traffic.mix import Rates
from scenarios.problems.errors import UsageProblem
from simulators.transport.faults.table import spell_fault
from tests.support.programs.commanding import SECRET, target_file
from tests.support.programs.locust_runs import parsed, unpatched

unpatched()

from loadtests import (  # noqa: E402
    options,
    run,
    vouchers,
)
from loadtests.run import Shard  # noqa: E402
from loadtests.shapes import shapes  # noqa: E402


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target_file(tmp_path, "http://127.0.0.1:9/operator", players=("p-1", "p-2", "p-3", "p-4", "p-5"))
    return tmp_path


@pytest.fixture
def make(folder):
    made = []

    def traffic(*arguments, shard=Shard(), host=None):  # noqa: B008 - frozen
        made.append(run.make(parsed(*arguments), host, shard))
        return made[-1]

    yield traffic
    for each in made:
        each.ledger.close()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--copies=2"],
        ["--wins=0.9", "--voids=0.2"],
        ["--players=p-1", "--player-count=2"],
        ["--players=p-{n}"],
        ["--player-count=3"],
        ["--least-stake=0.001"],
        ["--most-stake=ten"],
        ["--least-stake=20"],
        ["--race-width=1"],
        ["--pause=-1"],
        ["--shape=match-day", "--match-seconds=0"],
        ["--shape=match-day", "--match-bets=0"],
        ["--target-file=nowhere.toml"],
    ],
)
def test_traffic_that_cannot_be_is_refused_in_three_beats(make, wrong):
    with pytest.raises(UsageProblem) as refused:
        make(*wrong)
    assert SECRET not in str(refused.value)
    assert refused.value.expected
    assert refused.value.next_step


@pytest.mark.parametrize("wrong", ["--step-time=0", "--p99-limit=0"])
def test_a_shape_that_cannot_be_is_refused(wrong):
    with pytest.raises(UsageProblem):
        shapes.chosen(parsed(wrong))


def test_conversions_that_cannot_be_are_refused_with_what_to_add(folder):
    for rate in ("-1", "1000", "nan"):
        with pytest.raises(UsageProblem, match="--conversions is"):
            vouchers.check(parsed(f"--conversions={rate}"))
    with pytest.raises(UsageProblem, match=r"no section \[jackpot\]"):
        vouchers.check(parsed("--conversions=1"))
    keys = "\n".join(f'{key} = "k"' for key in ("api_key", "api_signature", "client_secret"))
    jackpot = f'[jackpot]\nnotification_url = "http://127.0.0.1:9/n"\n{keys}'
    target_file(folder, "http://127.0.0.1:9/operator", more=jackpot)
    with pytest.raises(UsageProblem, match=r"voucher_session = \{"):
        vouchers.check(parsed("--conversions=1"))
    vouchers.check(parsed())


def test_every_option_is_in_the_web_form_but_files_and_the_shape():
    unpatched()
    from locust.argument_parser import get_empty_argument_parser

    parser = get_empty_argument_parser(default_config_files=[])
    options.add_options(parser)
    shown = set(parser.args_included_in_web_ui)
    assert {
        "copies",
        "race_width",
        "late_bets",
        "cuts",
        "forgeries",
        "players",
        "conversions",
        "pause",
    } <= shown
    assert shown.isdisjoint({"shape", "target_file"})


def test_sizes_come_from_the_options(make):
    traffic = make("--copies=0.25", "--race-width=7", "--least-stake=0.5", "--most-stake=2", "--pause=1.5")
    rates = traffic.rates
    assert (rates.copies, rates.race_width, rates.pause) == (0.25, 7, 1.5)
    assert (rates.least_stake, rates.most_stake) == (50, 200)
    assert rates.match is None
    match = make("--shape=match-day", "--match-seconds=8", "--match-bets=2").rates.match
    assert (match.seconds, match.bets) == (8, 2)


def test_the_ledger_is_told_what_the_dialect_decided(make, folder):
    assert not make().ledger.orphans_refused
    file = folder / "pitboss.toml"
    file.write_text(file.read_text().replace("[operator]", '[operator]\ndialect = "blueocean"', 1))
    assert make().ledger.orphans_refused


def test_the_host_is_the_callback_url_where_it_is_given(make):
    assert make().base_url == "http://127.0.0.1:9/operator"
    assert make(host="http://127.0.0.1:8/other/").base_url == "http://127.0.0.1:8/other"


def test_each_player_is_one_workers(make):
    shards = [make("--players=load-{n}", "--player-count=100", shard=Shard(rank, 3)) for rank in range(3)]
    taken = [{traffic.take() for _ in range(34)} for traffic in shards]
    assert sorted(player for each in taken for player in each) == list(range(100))
    assert all(
        traffic.shard.owns(player) for traffic, each in zip(shards, taken, strict=True) for player in each
    )
    assert shards[0].players[99] == "load-99"


def test_more_users_than_players_share_them_and_free_ones_come_first(make):
    traffic = make()
    assert [traffic.take() for _ in range(7)] == [0, 1, 2, 3, 4, 0, 1]
    traffic.give_back(3)
    assert traffic.take() == 3


def test_a_worker_without_a_rank_plays_nobody(make):
    assert make(shard=Shard(-1, 2)).take() is None


def test_ranks_follow_the_ids_that_the_master_told():
    workers = ["a", "b", "c"]
    assert [run.shard_of(each, workers) for each in "abc"] == [Shard(0, 3), Shard(1, 3), Shard(2, 3)]
    assert run.shard_of("late", workers) == Shard(-1, 3)
    assert run.shard_of("a", []) == Shard(-1, 1)


def test_a_player_is_prepared_once_however_many_users_begin(make):
    traffic, began, go = make(), [], gevent.event.Event()

    def slow(player):
        began.append(player)
        go.wait(10)
        traffic.ledger.set_opening(player, 5)

    traffic.ledger.preparing = slow
    users = [gevent.spawn(traffic.prepare, 2) for _ in range(4)]
    gevent.sleep(0)
    assert list(traffic.ready) == []
    assert not any(user.ready() for user in users)
    go.set()
    gevent.joinall(users, timeout=60, raise_error=True)
    assert began == [2]
    assert list(traffic.ready) == [2]


def test_the_same_seed_draws_the_same_amounts(make):
    amounts = []
    for seed in (5, 5, 6):
        traffic = make(f"--seed={seed}", "--forgeries=0", "--orphans=0")
        play = traffic.script(0).round()
        amounts.append(next(play)[0].body.split(b'"amount"')[1])
        play.close()
    assert amounts[0] == amounts[1] != amounts[2]


def test_faults_are_read_as_the_documents_name_them(make):
    traffic = make("--faults", "slow-body:chunk=7 answer-lost")
    assert [spell_fault(each) for each in traffic.rates.faults] == ["slow-body:chunk=7", "answer-lost"]
    for wrong in ("late-answer", "client-killed", ""):
        with pytest.raises(UsageProblem, match="--faults"):
            make("--faults", wrong)


def test_the_document_tells_the_defaults_as_they_are():
    text = (Path(__file__).parents[3] / "docs" / "load.md").read_text()
    reported = {
        name: float(value) for name, value in re.findall(r"^\| `--([a-z-]+)` \| ([\d.]+) \|", text, re.M)
    }
    assert set(reported) == {"copies", "races", "cuts", "orphans", "late-bets", "late-results", "forgeries"}
    default = Rates()
    assert reported == {name: getattr(default, name.replace("-", "_")) for name in reported}
    ends = re.search(r"accepted bets (\d+) % are won, (\d+) % cashed out, (\d+) % rolled\s+back", text)
    assert [int(each) / 100 for each in ends.groups()] == [default.wins, default.cash_outs, default.voids]
    assert f"`--race-width` copies ({default.race_width})" in text
