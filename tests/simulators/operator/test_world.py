"""The table of a bet slip's life, the sums that follow from it, and the catalogue."""

import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.operator.catalogue import LOWEST_ODDS, Selection, invent
from simulators.operator.lifecycle import LIFECYCLE, SlipEvent, SlipState
from simulators.operator.world import (
    CASH_OUT_PRICE,
    HIGHEST_STAKE,
    Happening,
    Slip,
    Unacceptable,
    handle,
    payout,
    place,
)
from simulators.values import money
from simulators.wallet.transactions import Kind, Transaction

OPENING = datetime(2030, 1, 1, 12, tzinfo=UTC)


def leg(number: int, odds: str = "2.00") -> Selection:
    return Selection(f"s{number}", f"e{number}", "A - B", "Winner", "A", Decimal(odds))


def ids() -> Callable[[], str]:
    count = itertools.count(1)
    return lambda: f"t-{next(count)}"


def accepted(stake: str = "10.00", *legs: Selection, currency: str = "EUR") -> tuple[Slip, Callable[[], str]]:
    new_id = ids()
    slip, _ = place("slip", "p-1", currency, Decimal(stake), legs or (leg(1),), new_id)
    slip, _ = handle(slip, Happening(SlipEvent.ACCEPT), new_id)
    return slip, new_id


def net(effects: Iterable[Transaction]) -> Decimal:
    """What the callbacks move on the player's balance, each rollback undoing what it names."""
    moved: dict[str, Decimal] = {}
    for message in effects:
        if message.kind is Kind.ROLLBACK:
            assert message.amount == abs(moved[message.of])
            moved[message.id] = -moved[message.of]
        else:
            moved[message.id] = message.amount if message.kind == "result" else -message.amount
    return sum(moved.values(), Decimal(0))


@st.composite
def lives(draw: st.DrawFn) -> tuple[Slip, list[Transaction]]:
    """Any walk along the table, with every callback on the way."""
    new_id = ids()
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    stake = money.from_minor(draw(st.integers(1, 10**9)), currency)
    odds = draw(st.lists(st.decimals(LOWEST_ODDS, 1000, places=2), min_size=1, max_size=6))
    legs = tuple(leg(number, str(price)) for number, price in enumerate(odds))
    slip, effects = place("slip", "p-1", currency, stake, legs, new_id)
    sent = list(effects)
    for _ in range(draw(st.integers(0, 8))):
        if not (ways := list(LIFECYCLE.transitions[slip.state])):
            break
        share = draw(st.decimals("0.01", "0.99", places=2))
        void_legs = frozenset(draw(st.sets(st.sampled_from([each.id for each in legs]))))
        event = draw(st.sampled_from(ways))
        before = slip
        slip, effects = handle(slip, Happening(event, share, void_legs), new_id)
        assert slip.state is LIFECYCLE.transitions[before.state][event]
        sent += effects
    return slip, sent


@given(lives())
def test_money_of_any_life(life: tuple[Slip, list[Transaction]]) -> None:
    slip, sent = life
    assert len({message.id for message in sent}) == len(sent)
    assert all(message.player == "p-1" and message.currency == slip.currency for message in sent)
    # Nothing finer than the currency's unit, nothing negative.
    assert all(money.to_minor(message.amount, slip.currency) >= 0 for message in sent)
    rolled_back = [message.of for message in sent if message.kind is Kind.ROLLBACK]
    assert len(set(rolled_back)) == len(rolled_back)
    undone = slip.state in (SlipState.VOID, SlipState.UNANSWERED)
    assert net(sent) == (Decimal(0) if undone else slip.paid - slip.stake)
    assert 0 <= slip.open_stake <= slip.stake
    if slip.state in (SlipState.WON, SlipState.LOST):
        assert sum(payment.settlement for payment in slip.payments) == 1


# -- single events


def test_placing_is_one_bet() -> None:
    slip, effects = place("slip", "p-1", "EUR", Decimal("5"), (leg(1), leg(2)), ids())
    assert effects == (Transaction(Kind.BET, "t-1", "p-1", "EUR", Decimal("5")),)
    assert (slip.state, slip.bet_id) == (SlipState.PLACED, "t-1")


@pytest.mark.parametrize("event", [SlipEvent.ACCEPT, SlipEvent.REFUSE])
def test_answers_send_nothing(event: SlipEvent) -> None:
    slip, _ = place("slip", "p-1", "EUR", Decimal("5"), (leg(1),), ids())
    assert handle(slip, Happening(event), ids())[1] == ()


def test_a_bet_without_an_answer_is_rolled_back() -> None:
    new_id = ids()
    slip, _ = place("slip", "p-1", "EUR", Decimal("5"), (leg(1),), new_id)
    after_it, effects = handle(slip, Happening(SlipEvent.NO_ANSWER), new_id)
    assert effects == (Transaction(Kind.ROLLBACK, "t-2", "p-1", "EUR", Decimal("5"), of="t-1"),)
    assert after_it.state is SlipState.UNANSWERED


def test_accumulator_multiplies_and_rounds_down() -> None:
    slip, new_id = accepted("10.01", leg(1, "1.33"), leg(2, "2.47"), leg(3, "3.19"))
    slip, (result,) = handle(slip, Happening(SlipEvent.WIN), new_id)
    assert result.amount == Decimal("104.89")  # 10.01 x 10.479469 is 104.8994..
    assert slip.state is SlipState.WON


def test_a_void_leg_counts_one() -> None:
    slip, new_id = accepted("10.00", leg(1, "1.50"), leg(2, "4.00"))
    _, (result,) = handle(slip, Happening(SlipEvent.WIN, void_legs=frozenset({"s2"})), new_id)
    assert result.amount == Decimal("15.00")


@pytest.mark.parametrize(("currency", "paid"), [("EUR", "3.99"), ("JPY", "3"), ("KWD", "3.999")])
def test_rounding_by_currency(currency: str, paid: str) -> None:
    assert payout(Decimal(1), (leg(1, "3.9999"),), currency) == Decimal(paid)


def test_a_loss_is_a_result_of_zero() -> None:
    slip, new_id = accepted()
    _, (result,) = handle(slip, Happening(SlipEvent.LOSE), new_id)
    assert result.kind is Kind.RESULT
    assert (result.kind, result.amount) == ("result", 0)


def test_cash_outs_are_several_results() -> None:
    slip, new_id = accepted("10.01")
    slip, first = handle(slip, Happening(SlipEvent.CASH_OUT_PART, share=Decimal("0.5")), new_id)
    assert (first[0].amount, slip.open_stake) == (Decimal("4.50"), Decimal("5.01"))
    slip, second = handle(slip, Happening(SlipEvent.CASH_OUT), new_id)
    assert (second[0].amount, slip.open_stake) == (
        Decimal("5.01") * CASH_OUT_PRICE // Decimal("0.01") / 100,
        0,
    )
    assert slip.state is SlipState.CASHED_OUT


def test_void_after_cash_outs_takes_the_last_payment_back_first_and_the_bet_last() -> None:
    slip, new_id = accepted()
    slip, (first,) = handle(slip, Happening(SlipEvent.CASH_OUT_PART), new_id)
    slip, (second,) = handle(slip, Happening(SlipEvent.CASH_OUT_PART), new_id)
    slip, effects = handle(slip, Happening(SlipEvent.VOID), new_id)
    undone = [(m.of, m.amount) for m in effects if m.kind is Kind.ROLLBACK]
    assert undone == [
        (second.id, Decimal("2.25")),
        (first.id, Decimal("4.50")),
        (slip.bet_id, Decimal("10.00")),
    ]
    assert len(effects) == 3


def test_a_correction_rolls_the_result_back_and_pays_anew() -> None:
    slip, new_id = accepted("10.00", leg(1, "2.50"))
    slip, (lost,) = handle(slip, Happening(SlipEvent.LOSE), new_id)
    slip, (undo, paid) = handle(slip, Happening(SlipEvent.CORRECT_TO_WON), new_id)
    assert undo.kind is Kind.ROLLBACK
    assert (undo.of, undo.amount) == (lost.id, 0)
    assert (paid.kind, paid.amount) == ("result", Decimal("25.00"))
    slip, (undo, paid) = handle(slip, Happening(SlipEvent.CORRECT_TO_LOST), new_id)
    assert (undo.amount, paid.amount, slip.state) == (Decimal("25.00"), 0, SlipState.LOST)


@pytest.mark.parametrize(
    ("stake", "legs", "said"),
    [
        ("1", (), "empty"),
        ("1", (leg(1), leg(1)), "one event twice"),
        ("0", (leg(1),), "more than zero"),
        ("-1", (leg(1),), "more than zero"),
        ("0.001", (leg(1),), "multiple of 0.01"),
        ("1E-99999", (leg(1),), "multiple of 0.01"),
        ("1E+99999", (leg(1),), "at most"),
        (str(HIGHEST_STAKE + 1), (leg(1),), "at most"),
    ],
)
def test_unacceptable_slips(stake: str, legs: tuple[Selection, ...], said: str) -> None:
    with pytest.raises(Unacceptable, match=said):
        place("slip", "p-1", "EUR", Decimal(stake), legs, ids())


@pytest.mark.parametrize("share", ["0", "1", "-1", "2"])
def test_unacceptable_shares(share: str) -> None:
    slip, new_id = accepted()
    with pytest.raises(Unacceptable, match="between 0 and 1"):
        handle(slip, Happening(SlipEvent.CASH_OUT_PART, share=Decimal(share)), new_id)


def test_the_highest_stake_on_a_long_accumulator_is_exact() -> None:
    legs = tuple(leg(number, "1000.01") for number in range(60))
    exact = int(HIGHEST_STAKE) * 100001**60 * 100 // 100**60
    assert payout(HIGHEST_STAKE, legs, "EUR") == Decimal(f"{exact // 100}.{exact % 100:02}")


# -- the catalogue


def test_the_same_seed_gives_the_same_catalogue() -> None:
    assert invent(7, OPENING) == invent(7, OPENING)
    assert invent(7, OPENING) != invent(8, OPENING)


@given(st.integers(0, 2**32))
def test_catalogue_is_sound(seed: int) -> None:
    catalogue = invent(seed, OPENING, events_per_sport=1)
    listed = [s for event in catalogue.events for market in event.markets for s in market.selections]
    assert len(catalogue.selections) == len(listed)
    assert {sport for sport, _ in catalogue.by_sport} == {event.sport for event in catalogue.events}
    assert all(type(each.odds) is Decimal and each.odds >= LOWEST_ODDS for each in listed)
    assert all(each.odds == each.odds.quantize(Decimal("0.01")) for each in listed)
    assert all(event.starts > OPENING for event in catalogue.events)
    for event in catalogue.events:
        for market in event.markets:
            # The chances behind the odds add up to more than one: no bet on every outcome wins.
            assert sum(1 / each.odds for each in market.selections) > 1
