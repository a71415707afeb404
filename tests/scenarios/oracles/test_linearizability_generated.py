"""What a sequential wallet did under random overlap is legal; with a planted double payment it never is."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.oracles.acceptable import acceptable
from scenarios.oracles.attempts import attempts, places
from scenarios.oracles.linearizability import Verdict, judge
from scenarios.oracles.search import Budget
from simulators.exchanges.history import Status
from simulators.wallet.transactions import Kind
from tests.support.in_memory.sequential_wallet import handle, open_wallet
from tests.support.oracle_exchanges import bet, exchange, result, rollback

UNIT = Decimal("0.01")
AMOUNTS = st.sampled_from(["1", "2.50", "5", "10", "0.01"])


@st.composite
def plans(draw):
    """The messages of one player in the order the wallet handles them: copies, orphans, late bets among
    them.
    """
    messages = []
    for number in range(draw(st.integers(1, 30))):
        what = draw(st.sampled_from(["bet", "bet", "result", "rollback", "orphan", "copy"]))
        named = [m for m in messages if m.kind != "rollback"]
        if what == "copy" and messages:
            messages.append(draw(st.sampled_from(messages)))
        elif what == "rollback" and named:
            original = draw(st.sampled_from(named))
            messages.append(rollback(f"t{number}", original.id, original.amount))
        elif what == "orphan":
            late = bet(f"t{number}-late", draw(AMOUNTS))
            messages.append(rollback(f"t{number}", late.id, late.amount))
            if draw(st.booleans()):
                messages.append(late)
        else:
            messages.append((bet if what == "bet" else result)(f"t{number}", draw(AMOUNTS)))
    return messages


@st.composite
def runs(draw, resolved=False):
    """A plan handled by the wallet one by one; every request is sent before and answered after its turn, or
    never.

    Where ``resolved``, what had no answer is sent again at the end until it has one.
    """
    opening = Decimal(draw(st.sampled_from(["0", "5", "20"])))
    wallet = open_wallet("EUR", {"p": opening})
    messages = draw(plans())
    lost = [draw(st.integers(0, 4)) == 0 for _ in messages]
    planned = len(messages)
    if resolved:
        again = [message for message, gone in zip(messages, lost, strict=True) if gone]
        messages, lost = [*messages, *again], [*lost, *(False for _ in again)]
    exchanges = []
    for turn, (message, gone) in enumerate(zip(messages, lost, strict=True)):
        handled = not gone or draw(st.booleans())
        accepted = False
        if handled:
            wallet, accepted, _ = handle(wallet, message)
        outcome = Status.UNKNOWN if gone else (Status.OK if accepted else Status.REFUSED)
        before, behind = draw(st.floats(0, 4)), draw(st.floats(0, 4))
        if turn >= planned:
            before = -10  # sent when all before it were sent, so that its answer settles them
            behind += 11
        client_id = f"c-{message.id}" if outcome is Status.OK else None
        exchanges.append(
            exchange(message, outcome, turn - before, turn + behind, number=turn, client_id=client_id)
        )
    return opening, sorted(exchanges, key=lambda e: e.invoked), wallet.balance("p") * UNIT


@settings(max_examples=150, deadline=None)
@given(runs())
def test_what_a_wallet_did_is_legal_and_acceptable(run):
    opening, exchanges, final = run
    judgement = judge(exchanges, "p", opening, final, "EUR")
    assert judgement.verdict is Verdict.LEGAL, judgement.account
    oracle = acceptable(exchanges, "p", opening, "EUR")
    assert final in oracle, oracle.explain(final)


@settings(max_examples=150, deadline=None)
@given(runs(resolved=True), st.data())
def test_a_planted_double_payment_is_not(run, data):
    opening, exchanges, final = run
    paid = [e for e in exchanges if e.ok and e.message.kind == "result"]
    twice = data.draw(st.sampled_from(paid)).message.amount if paid else Decimal(1)
    assert judge(exchanges, "p", opening, final + twice, "EUR").verdict is Verdict.ILLEGAL
    assert acceptable(exchanges, "p", opening, "EUR").balances == {final}


@settings(max_examples=150, deadline=None)
@given(runs(resolved=True), st.data())
def test_a_planted_double_debit_is_not(run, data):
    opening, exchanges, final = run
    twice = data.draw(AMOUNTS)
    assert judge(exchanges, "p", opening, final - Decimal(twice), "EUR").verdict is Verdict.ILLEGAL


def test_a_history_becomes_records_of_what_is_genuine_and_can_move_money():
    exchanges = [
        exchange(bet("a", "2.50"), Status.OK, 0.0, 1.0, number=3, client_id="c1"),
        exchange(bet("b", "1", player="q"), Status.OK, 0.0, 1.0),
        exchange(bet("c", "1"), Status.OK, 0.0, 1.0, genuine=False),
        exchange(bet("d", "1", currency="USD"), Status.REFUSED, 0.0, 1.0),
        exchange(result("e", "0.001"), Status.UNKNOWN, 2.0),
        exchange(bet("f", "-1"), Status.REFUSED, 0.0, 1.0),
        exchange(rollback("g", "a", "2.50"), Status.OK, 4.0, 5.0),
    ]
    records = attempts(exchanges, places(exchanges))
    assert [(r.kind, r.id, r.amount, r.of, r.answered) for r in records] == [
        (Kind.BET, "a", 2500, None, 1.0),
        (Kind.BET, "b", 1000, None, 1.0),
        (Kind.BET, "d", 1000, None, 1.0),
        (Kind.RESULT, "e", 1, None, None),
        (Kind.ROLLBACK, "g", 2500, "a", 5.0),
    ]
    assert (records[0].client_id, records[0].number, records[0].player) == ("c1", 3, "p")
    assert [(r.player, r.currency) for r in records[1:3]] == [("q", "EUR"), ("p", "USD")]


def test_amounts_finer_than_the_currency_are_judged_exactly():
    exchanges = [exchange(bet("a", "0.001"), Status.OK, 0.0, 1.0)]
    assert judge(exchanges, "p", Decimal(1), Decimal("0.999"), "EUR").legal
    assert judge(exchanges, "p", Decimal(1), Decimal("1.00"), "EUR").verdict is Verdict.ILLEGAL


def test_one_id_answered_ok_for_two_players_is_a_violation():
    exchanges = [
        exchange(bet("a", 1), Status.OK, 0.0, 1.0),
        exchange(bet("a", 1, player="q"), Status.OK, 2.0, 3.0),
    ]
    judgement = judge(exchanges, "p", Decimal(5), Decimal(4), "EUR")
    assert judgement.verdict is Verdict.ILLEGAL
    assert judgement.why == "the bet a was answered ok for two players: 'p' and 'q'"


def test_a_rollback_of_another_players_bet_moves_nothing():
    exchanges = [
        exchange(bet("a", 1), Status.OK, 0.0, 1.0),
        exchange(rollback("r", "a", 1, player="q"), Status.OK, 2.0, 3.0),
    ]
    assert judge(exchanges, "p", Decimal(5), Decimal(4), "EUR").legal
    assert judge(exchanges, "q", Decimal(5), Decimal(5), "EUR").legal
    assert judge(exchanges, "q", Decimal(5), Decimal(6), "EUR").verdict is Verdict.ILLEGAL


def test_a_wrong_final_balance_is_named_by_its_transaction():
    exchanges = [
        exchange(bet("t-1", 10), Status.UNKNOWN, 0.0, number=0),
        exchange(result("t-7", 10), Status.OK, 2.0, 3.0, number=1),
    ]
    judgement = judge(exchanges, "p", Decimal(90), Decimal(110), "EUR")
    said = "acceptable: 90.00 or 100.00 EUR; seen 110.00; the result t-7 (10.00) was paid twice"
    assert judgement.verdict is Verdict.ILLEGAL
    assert judgement.why == said
    assert "the final balance is read: 110.00 EUR   <- fits in no order" in "\n".join(judgement.account)


def unresolved(width):
    return [exchange(result(f"u{n}", 2**n), Status.UNKNOWN, float(n)) for n in range(width)]


def test_where_the_search_gives_up_a_sum_that_cannot_be_still_tells():
    wrong = judge(unresolved(14), "p", Decimal(0), Decimal("0.50"), "EUR", budget=Budget(steps=50))
    assert wrong.verdict is Verdict.ILLEGAL
    possible = judge(unresolved(14), "p", Decimal(0), Decimal(2**14 - 1), "EUR", budget=Budget(steps=5))
    assert possible.verdict is Verdict.UNDECIDED
