"""The wallet model, rule by rule of contract part A: what is accepted and what it moves, in cents."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.in_memory.sequential_wallet import LIFECYCLE, Event, Move, Phase, handle, open_wallet
from tests.support.oracle_exchanges import bet, result, rollback

Y, N = True, False

# name: (opening, [(message, accepted, effect)])
STORIES = {
    "BET-01 a bet withdraws its amount": ("10", [(bet("a", "2.50"), Y, -250)]),
    "BET-02 the whole balance": ("10", [(bet("a", 10), Y, -1000), (bet("b", "0.01"), N, 0)]),
    "BET-03 one unit over the balance": ("10", [(bet("a", "10.01"), N, 0), (bet("b", 10), Y, -1000)]),
    "BET-05 refused, then topped up, then sent again": (
        "5",
        [(bet("a", 10), N, 0), (result("r", 10), Y, 1000), (bet("a", 10), N, 0), (bet("b", 10), Y, -1000)],
    ),
    "BET-06 an unknown player": ("10", [(bet("a", 1, player="nobody"), N, 0)]),
    "BET-07 another currency, and the id is free afterwards": (
        "10",
        [(bet("a", 1, currency="USD"), N, 0), (bet("a", 1), Y, -100)],
    ),
    "BET-09 a bet of nothing": ("0", [(bet("a", 0), Y, 0)]),
    "BET-11 finer than a cent": ("10", [(bet("a", "0.001"), N, 0)]),
    "MSG-08 negative amounts": (
        "10",
        [
            (bet("a", -1), N, 0),
            (result("b", -1), N, 0),
            (bet("c", 1), Y, -100),
            (rollback("d", "c", -1), N, 0),
        ],
    ),
    "RES-03 a result that no bet precedes": ("0", [(result("a", 10), Y, 1000)]),
    "IDM-01 copies": (
        "10",
        [
            (bet("a", 4), Y, -400),
            (bet("a", 4), Y, 0),
            (result("b", 1), Y, 100),
            (result("b", 1), Y, 0),
            (rollback("r", "a", 4), Y, 400),
            (rollback("r", "a", 4), Y, 0),
            (bet("a", 4), Y, 0),
        ],
    ),
    "IDM-05 another amount": ("10", [(bet("a", 4), Y, -400), (bet("a", 5), Y, 0)]),
    "IDM-06 another action": (
        "10",
        [
            (bet("a", 4), Y, -400),
            (result("a", 4), Y, 0),
            (rollback("a", "a", 4), Y, 0),
            (bet("b", 6), Y, -600),
        ],
    ),
    "IDM-06 the id of a rollback": ("10", [(rollback("r", "x", 4), Y, 0), (result("r", 4), Y, 0)]),
    "IDM-07 another player": ("10", [(bet("a", 4), Y, -400), (bet("a", 4, player="q"), Y, 0)]),
    "IDM-08 ids are compared exactly": ("10", [(bet("a", 4), Y, -400), (bet("A", 4), Y, -400)]),
    "RBK-01 a bet": ("10", [(bet("a", 4), Y, -400), (rollback("r", "a", 4), Y, 400)]),
    "RBK-03 a result already spent": (
        "0",
        [
            (result("a", 4), Y, 400),
            (bet("b", 4), Y, -400),
            (rollback("r", "a", 4), Y, -400),
            (bet("c", 1), N, 0),
        ],
    ),
    "RBK-04 an orphan": ("10", [(rollback("r", "x", 4), Y, 0), (rollback("r", "x", 4), Y, 0)]),
    "RBK-06 a late bet": ("10", [(rollback("r", "a", 4), Y, 0), (bet("a", 4), Y, 0), (bet("a", 4), Y, 0)]),
    "RBK-07 a second rollback": (
        "10",
        [(bet("a", 4), Y, -400), (rollback("r", "a", 4), Y, 400), (rollback("s", "a", 4), Y, 0)],
    ),
    "RBK-08 a refused bet": ("1", [(bet("a", 4), N, 0), (rollback("r", "a", 4), Y, 0), (bet("a", 4), N, 0)]),
    "RBK-09 another amount": ("10", [(bet("a", 4), Y, -400), (rollback("r", "a", 9), Y, 400)]),
    "RBK-10 another player's": (
        "10",
        [(bet("a", 4), Y, -400), (rollback("r", "a", 4, player="q"), Y, 0), (rollback("s", "a", 4), Y, 400)],
    ),
    "RBK-10 another player's orphan": (
        "10",
        [(rollback("r", "a", 4, player="q"), Y, 0), (bet("a", 4), Y, -400)],
    ),
    "RBK-11 a rollback of a rollback": (
        "10",
        [(bet("a", 4), Y, -400), (rollback("r", "a", 4), Y, 400), (rollback("s", "r", 4), Y, 0)],
    ),
    "RBK-13 a result after its bet was rolled back": (
        "10",
        [(bet("a", 4), Y, -400), (rollback("r", "a", 4), Y, 400), (result("w", 8), Y, 800)],
    ),
    "RBK-15 another currency": (
        "10",
        [
            (bet("a", 4), Y, -400),
            (rollback("r", "a", 4, currency="USD"), Y, 0),
            (rollback("s", "a", 4), Y, 400),
        ],
    ),
}


@pytest.mark.parametrize(("opening", "steps"), STORIES.values(), ids=STORIES)
def test_the_model_keeps_the_rule(opening, steps):
    wallet = open_wallet("EUR", {"p": Decimal(opening), "q": Decimal(10)})
    for message, accepted, effect in steps:
        before = {player: account.balance for player, account in wallet.accounts.items()}
        wallet, *seen = handle(wallet, message)
        assert seen == [accepted, effect], message
        after = {player: account.balance for player, account in wallet.accounts.items()}
        changed = {player: after[player] - before[player] for player in before}
        assert changed == {**dict.fromkeys(before, 0), **({message.player: effect} if effect else {})}


def test_the_lifecycle_is_whole():
    assert set(LIFECYCLE) == {(phase, event) for phase in Phase for event in Event}


def test_what_is_over_stays_over():
    for phase in (Phase.REFUSED, Phase.ROLLED_BACK, Phase.VOID):
        for event in Event:
            assert LIFECYCLE[phase, event][::2] == (phase, Move.NOTHING)


def test_handling_leaves_the_state_before_alone():
    wallet = open_wallet("EUR", {"p": Decimal(10)})
    later, _, _ = handle(wallet, bet("a", 4))
    assert (wallet.balance("p"), later.balance("p")) == (1000, 600)
    assert handle(wallet, bet("a", 4))[2] == -400


@given(st.lists(st.tuples(st.sampled_from("brx"), st.integers(0, 6), st.integers(0, 6), st.integers(0, 5))))
def test_bets_never_overdraw_and_each_id_moves_at_most_once_each_way(steps):
    wallet = open_wallet("EUR", {"p": Decimal(5)})
    moves = {}
    for action, key, other, amount in steps:
        match action:
            case "b":
                message = bet(f"b{key}", amount)
            case "r":
                message = result(f"w{key}", amount)
            case _:
                message = rollback(f"x{key}", f"{'bw'[other % 2]}{other}", amount)
        wallet, accepted, effect = handle(wallet, message)
        if action == "b" and effect:
            assert wallet.balance("p") >= 0
        if effect:
            assert accepted
            named = message.of or message.id
            moves.setdefault(named, []).append(effect)
    for effects in moves.values():
        assert len(effects) <= 2
        assert len(effects) == 1 or sum(effects) == 0
