"""What a balance that no history allows is explained by: single mistakes, and several of one kind."""

from decimal import Decimal

import pytest

from scenarios.oracles.acceptable import acceptable
from simulators.exchanges.history import Status
from tests.support.oracle_exchanges import bet, in_turn, result, rollback

OK, REFUSED = Status.OK, Status.REFUSED
FORGED = False

# name: (steps, seen, what is said after the acceptable balances)
MISTAKES = {
    "paid twice": ([(result("t-7", 10), OK)], 120, "the result t-7 (10.00) was paid twice"),
    "taken twice": ([(bet("t-7", 10), OK)], 80, "the bet t-7 (10.00) was taken twice"),
    "the one that was sent again is suspected": (
        [(result("a", 10), OK), (result("b", 10), OK), (result("b", 10), OK)],
        130,
        "the result b (10.00) was paid twice",
    ),
    "every copy paid": ([(result("a", 10), OK)] * 3, 130, "the result a (10.00) was paid 3 times"),
    "a copied rollback paid twice": (
        [(bet("a", 10), OK), (rollback("r", "a", 10), OK), (rollback("r", "a", 10), OK)],
        110,
        "the rollback r (10.00) was paid twice",
    ),
    "another amount under its id": (
        [(result("a", 10), OK), (result("a", 7), OK)],
        117,
        "the result a (7.00) was paid, though its id had come before",
    ),
    "another amount in its place": (
        [(bet("a", 10), OK), (bet("a", 4), OK)],
        96,
        "the bet a (4.00) was taken in place of the 10.00 before it",
    ),
    "another action under its id": (
        [(bet("a", 10), OK), (result("a", 10), OK)],
        100,
        "the result a (10.00) was paid, though its id had come before",
    ),
    "not paid": ([(result("a", 10), OK)], 100, "the result a (10.00) was answered ok and not paid"),
    "not taken": ([(bet("a", 10), OK)], 100, "the bet a (10.00) was answered ok and not taken"),
    "refused and taken": ([(bet("a", 500), REFUSED)], -400, "the refused bet a (500.00) was taken"),
    "orphan paid": ([(rollback("r", "a", 10), OK)], 110, "the orphan rollback r (10.00) was paid"),
    "orphan taken": ([(rollback("r", "a", 10), OK)], 90, "the orphan rollback r (10.00) was taken"),
    "paid for a refused bet": (
        [(bet("a", 500), REFUSED), (rollback("r", "a", 500), OK)],
        600,
        "the rollback r (500.00) was paid, though the bet a had been refused",
    ),
    "second rollback": (
        [(bet("a", 10), OK), (rollback("r", "a", 10), OK), (rollback("s", "a", 10), OK)],
        110,
        "the second rollback s (10.00) of a moved money again",
    ),
    "its rollback paid double": (
        [(bet("a", 10), OK), (rollback("r", "a", 10), OK)],
        110,
        "the rollback r (10.00) was paid double",
    ),
    "its rollback did nothing": (
        [(bet("a", 10), OK), (rollback("r", "a", 10), OK)],
        90,
        "the rollback r (10.00) of a was answered ok and moved nothing",
    ),
    "an orphan's copies, then the late bet": (
        [(rollback("r", "a", 10), OK), (rollback("r", "a", 10), OK), (bet("a", 10), OK)],
        110,
        "the orphan rollback r (10.00) was paid before its bet a had come",
    ),
    "a late bet and its copy": (
        [(rollback("r", "a", 10), OK), (bet("a", 10), OK), (bet("a", 10), OK)],
        90,
        "the late bet a (10.00) was taken after its rollback r",
    ),
    "the wrong way": (
        [(bet("a", 10), OK), (rollback("r", "a", 10), OK)],
        80,
        "the rollback r (10.00) moved the wrong way: it took",
    ),
    "a result's rollback pays": (
        [(result("a", 10), OK), (rollback("r", "a", 10), OK)],
        120,
        "the rollback r (10.00) moved the wrong way: it paid",
    ),
    "its own amount": (
        [(bet("a", 10), OK), (rollback("r", "a", 40), OK)],
        130,
        "the rollback r (40.00) moved its own amount, more than the 10.00 of a",
    ),
    "a forgery": (
        [(result("a", 10), REFUSED, FORGED)],
        110,
        "the forged or malformed result a (10.00) was applied",
    ),
    "a negative bet": ([(bet("a", -10), REFUSED)], 110, "the negative bet a (10.00) was applied"),
    "another player's": (
        [(result("a", 10, player="q"), OK)],
        110,
        "the result a (10.00) of the player q in EUR moved this balance",
    ),
    "no idea": ([(bet("a", 10), OK)], "97.50", "7.50 too much, which no single mistake explains"),
    "too little": ([(bet("a", 10), OK)], "89.99", "0.01 too little, which no single mistake explains"),
    "finer than a cent": ([(bet("a", 10), OK)], "90.001", "0.001 too much, which no single mistake explains"),
}


@pytest.mark.parametrize(("steps", "seen", "why"), MISTAKES.values(), ids=MISTAKES)
def test_the_difference_is_explained(steps, seen, why):
    oracle = acceptable(in_turn(*steps), "p", Decimal(100), "EUR")
    assert Decimal(seen) not in oracle
    assert oracle.explain(Decimal(seen)).split("; ", 2)[2] == why


def test_a_mistake_that_is_made_each_time_is_that_of_its_rule():
    steps = [(result(f"w{n}", 2**n), OK) for n in range(3)]
    steps += [(rollback(f"{name}{n}", f"w{n}", 2**n), OK) for name in "rs" for n in (0, 1)]
    oracle = acceptable(in_turn(*steps), "p", Decimal(100), "EUR")
    assert oracle.mistake(Decimal(101)) is None
    assert oracle.broken(Decimal(101)) == {"RBK-07"}
    assert not oracle.broken(Decimal("101.50"))


def test_mistakes_of_one_kind_that_are_made_now_and_then_are_those_of_its_rules():
    steps = [(result(f"w{n}", 10**n), OK) for n in range(4) for _ in range(2)]
    oracle = acceptable(in_turn(*steps), "p", Decimal(0), "EUR")
    # Of four copies those of 10.00 and 1,000.00 were paid.
    assert oracle.mistake(Decimal(2121)) is None
    assert oracle.broken(Decimal(2121)) >= {"IDM-01", "IDM-04"}
    assert not oracle.broken(Decimal(1411))
    many = [(result(f"w{n}", 2**n), OK) for n in range(12) for _ in range(2)]
    assert not acceptable(in_turn(*many), "p", Decimal(0), "EUR").broken(Decimal(2**12 - 1 + 5))
