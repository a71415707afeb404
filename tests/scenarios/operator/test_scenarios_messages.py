"""Scenarios of SIG and MSG: a fault is blamed on the rules it breaks alone, a correct CLIENT on none."""

import pytest

from scenarios.contract import select
from scenarios.generated.families import ids
from scenarios.operator.messages.test_msg_ids import LEAKS, WHOLE
from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from scenarios.target.loading import Target
from tests.scenarios.operator import message_faults as said
from tests.scenarios.operator import signature_faults as signed
from tests.support.in_memory.judging import BLAMED, at
from tests.support.in_memory.wallets import SECRET, Wallet, served, target_of, together

# Each CLIENT by its faults, which no mutant has, and all rules that these break: nothing else is blamed.
FAULTS = together(
    # One page with a status is no 200, no JSON object; another account pays for an unknown player, whose id may be
    # hostile.
    {said.BadInputByPage: "MSG-01 MSG-02", said.StrangersCharged: "MSG-04 MSG-13"},
    # A crash is no 200 either.
    {said.CrashesOnNul: "MSG-01 MSG-13"},
    # Hostile ids and ids of other types are only two ways to see it.
    {said.ReadsPlayersLoosely: "BET-06"},
    {
        signed.AmountNotHashed: "SIG-02",
        said.CopiesAnsweredOk: "MSG-02",
        said.NotANumberAccepted: "MSG-07",
        said.RollbackTellsTheBetsId: "MSG-05",
    },
    {signed.KnownCopiesUnchecked: "SIG-02"},
    {signed.StrictType: "SIG-01", said.StringsAreCents: "MSG-12", said.Utf32WithoutMark: "MSG-02"},
    {said.CutsUserIds: "BET-06 MSG-13"},
    {said.CutsIds: ""},
)
RULES = tuple(rule.id for rule in select("SIG,MSG,BET-06"))


def target(url, players=("p-1", "p-2"), currency="EUR", secret=SECRET, **operator):
    return Target.model_validate(
        {
            "operator": {"callback_url": url, "security_hash": secret} | operator,
            "players": {"ids": list(players), "currency": currency},
        }
    )


def judge(where, rules=RULES):
    return check(Settings(where, tuple(rules), QUICK, seed=1))


@pytest.mark.sampled_clients(("fault", "breaks"), FAULTS)
def test_fault_is_blamed_on_its_rules_alone(fault, breaks):
    wallet = fault()
    with served(wallet) as url:
        judged = judge(target_of(url, wallet))
    assert set(at(judged, *BLAMED)) == {*breaks.split()}, at(judged, *BLAMED)


def test_header_looked_up_by_its_case_breaks_sig_07_alone():
    with signed.header_case_minded(Wallet()) as url:
        judged = judge(target(url))
    assert set(at(judged, *BLAMED)) == {"SIG-07"}, at(judged, *BLAMED)


@pytest.mark.parametrize(("times", "warned"), [(None, {"MSG-16"}), (1, set())])
def test_who_leaves_a_request_unanswered_time_and_again_breaks_msg_16_alone(times, warned):
    wallet = said.Unanswering(times)
    with served(wallet) as url:
        judged = judge(target(url, ["p-1"], timeout=2.0), ["MSG-02", "MSG-03", "MSG-16"])
        wallet.released.set()
    assert set(at(judged, *BLAMED)) == warned, at(judged, *BLAMED)
    why = next(verdict.reason for verdict in judged.verdicts if verdict.rule.id == "MSG-16")
    assert ("was a machine busy?" in why) == (times == 1), why


@pytest.mark.parametrize(
    ("players", "currency", "amount_format"),
    [(("p-1", "p-2"), "EUR", "number"), (("p-1",), "JPY", "number"), (("p-1",), "KWD", "string")],
)
def test_correct_client_is_not_accused(players, currency, amount_format):
    wallet = Wallet(players, balance="0")
    wallet.currencies = dict.fromkeys(players, currency)
    with served(wallet) as url:
        judged = judge(target(url, players, currency, amount_format=amount_format))
    assert judged.code is Exit.HOLDS
    assert set(at(judged, Standing.PASSED)) == set(RULES)
    assert {name: amount == 0 for name, amount in wallet.balances.items()} == dict.fromkeys(players, True)


def test_leaks_are_not_found_in_the_ids_themselves():
    endings = [member.value for member in ids.hostile().members]
    echoed = [f"unknown id {name}{ending}" for name in WHOLE for ending in endings]
    assert [text for text in echoed if LEAKS.search(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        'Traceback (most recent call last):\\n  File "/srv/app.py", line 12, in bet',
        "TypeError: x is undefined\n    at Object.<anonymous> (/srv/app/wallet.js:12:7)",
        "at com.example.Wallet.bet(Wallet.java:41)",
        "#0 /var/www/html/bet.php(31): Wallet->bet()",
        "SQLSTATE[42000]: Syntax error",
        "sqlite3.OperationalError",
        "psycopg.errors.SyntaxError",
        "select balance from players where id = 'x'",
        "ORA-01756: quoted string not properly terminated",
        "You have an error in your SQL syntax; check the manual",
    ],
)
def test_what_only_the_inside_writes_is_a_leak(text):
    assert LEAKS.search(text)
