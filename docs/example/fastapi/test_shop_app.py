"""The team's own tests: what the providers do to the application, and what it made of it."""

from decimal import Decimal

TEN = Decimal("10.00")


def test_a_bet_is_taken_and_a_copy_of_it_is_not(shop, operator_simulator):
    bet = operator_simulator.bet("alice", TEN)
    assert bet.ok
    copy = operator_simulator.again(bet)
    assert copy.ok
    assert copy.answer.body == bet.answer.body
    assert shop.balances["alice"] == 90_00


def test_a_bet_over_the_balance_is_refused(shop, operator_simulator):
    bet = operator_simulator.bet("alice", Decimal("100.01"))
    assert bet.refused
    assert bet.error == "INSUFFICIENT_FUNDS"
    assert shop.balances["alice"] == 100_00


def test_a_rollback_of_a_bet_that_never_arrived_pays_nothing(shop, operator_simulator):
    never = operator_simulator.transaction("bet", "alice", TEN)
    assert operator_simulator.rollback(never.id, "alice", TEN).ok
    operator_simulator.send(never)
    assert shop.balances["alice"] == 100_00


def test_a_bet_whose_answer_is_lost_is_taken_once(shop, operator_simulator):
    operator_simulator.set_faults("answer-lost")
    lost = operator_simulator.bet("alice", TEN)
    assert lost.unknown
    operator_simulator.end_faults()
    assert operator_simulator.again(lost).ok
    assert shop.balances["alice"] == 90_00


def test_all_that_was_sent_adds_up(shop, operator_simulator):
    bet = operator_simulator.bet("alice", TEN)
    operator_simulator.race([operator_simulator.undo(bet) for _ in range(3)])
    operator_simulator.result("alice", Decimal("2.50"))
    audit = operator_simulator.audit("alice", Decimal("100.00"))
    assert audit["right"], audit["said"]
    assert shop.balances["alice"] == 102_50


def test_a_player_gets_the_page_of_the_sportsbook(shop, operator_simulator):
    assert shop.session("alice").startswith(f"{operator_simulator.url}/play/")
    assert [asked.ok for asked in operator_simulator.exchanges("client:from")] == [True, True]


def test_a_store_that_jackpot_withdraws_is_not_offered(shop, jackpot_simulator):
    event, copy = jackpot_simulator.raise_event("store/disabled", copies=1)
    assert event.ok
    assert copy.ok
    assert shop.withdrawn == {event.message.message.store_id}


def test_a_refund_of_a_voucher_that_nobody_bought_pays_nothing(shop, jackpot_simulator):
    [event] = jackpot_simulator.raise_event("coupon/refunded", value="80.00")
    assert event.ok
    assert shop.balances["alice"] == 100_00


def test_the_checkout_decides_about_an_order_once(shop, checkout_simulator):
    shop.orders["order-1"] = "open"
    checkout_simulator.raise_event("decision/approved", merchant_reference="order-1")
    checkout_simulator.raise_event("decision/declined", merchant_reference="order-1")
    assert shop.orders["order-1"] == "paid"


def test_a_decision_that_somebody_else_signed_decides_nothing(shop, checkout_simulator):
    shop.orders["order-1"] = "open"
    [forged] = checkout_simulator.raise_event(
        "decision/approved", merchant_reference="order-1", forged="another key"
    )
    assert forged.refused
    assert shop.orders["order-1"] == "open"
