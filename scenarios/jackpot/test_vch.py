"""Money and vouchers: what a conversion costs the player, in each way that it can end.

Story: a player converts balance into a voucher, which becomes READY, is canceled, expires, or is refunded. Invariant:
the player has paid exactly the price of the vouchers that are bought, once, and the CLIENT orders only what is its own
and paid for. Limits: sequential; bets that race a conversion and generated sequences are judged elsewhere. Without the
driver's ``voucher`` the purchase's own state and address are not looked at.
"""

import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from scenarios.browsers.voucher_browser import Conversion
from scenarios.browsers.voucher_flow import AMOUNT, PRICE, Conversions
from scenarios.contract import Observed
from scenarios.generated.families import amounts, sessions
from scenarios.generated.families.family import Cases
from scenarios.jackpot.steps.confirming import needs_manual, not_confirmed
from scenarios.problems.errors import DriverProblem
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.run.run import Run
from scenarios.wallet.player import Player
from simulators.jackpot.credentials.signed_urls import URL_SECONDS
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState

pytestmark = pytest.mark.needs("probe")

_FUNDS = 2 * AMOUNT
_COPIES = ("reserved",) * 4
# Seconds of a session's hour, and after which it is over.
_HOUR = 3600
# By then nobody can have used a session: its JWT is taken for an hour, what that opens lasts another, and Jackpot tells
# of it for five minutes. A CLIENT may give back as soon as the first hour is over, or wait until then.
_PAST = 2 * _HOUR + 5 * 60 + 1


@pytest.mark.rules("VCH-01")
def test_purchase_costs_its_price(
    conversions: Conversions, player: Player, judge: Judge, cases: Cases
) -> None:
    """Reserve, confirm, ready: the player has paid exactly ``price``, once, and gets the voucher."""
    prices = [(each.value, "less than the session's amount") for each in cases(amounts.prices())]
    for price, case in ((AMOUNT, "all of the session's amount"), *prices):
        balance = judge.fund(player, _FUNDS)
        conversion = conversions.begin(player, AMOUNT)
        conversions.reserve(conversion, price)
        expected = balance - player.money(price)
        conversions.ends(
            "VCH-01",
            conversion,
            VoucherState.READY,
            expected,
            case=f"{player.show(player.money(price))}, {case}",
        )
    if conversions.run.driver.has("voucher") and conversions.at_provider(conversion) is VoucherState.READY:
        conversions.until(lambda: conversions.file(conversion) is not None, 1.0)
        judge.holds(
            "VCH-01",
            conversions.file(conversion) is not None,
            expected="an address that opens the voucher's PDF, in what the driver's voucher answers",
            seen=f"{conversions.document(conversion)}",
            exchanges=conversions.evidence(conversion),
            case="the voucher's address",
        )


@pytest.mark.rules("VCH-02")
def test_canceled_costs_nothing(conversions: Conversions, player: Player, judge: Judge) -> None:
    """A reservation that is canceled or runs out costs the player nothing."""
    for event in (VoucherEvent.CANCEL, VoucherEvent.EXPIRE):
        balance = judge.fund(player, _FUNDS)
        conversion = conversions.begin(player, AMOUNT)
        conversions.reserve_unheard(conversion)
        conversions.happen(conversion, event)
        conversions.ends("VCH-02", conversion, VoucherState.CANCELED, balance, case=str(event))


@pytest.mark.rules("VCH-03")
def test_refund_returns_the_price(conversions: Conversions, player: Player) -> None:
    """A refund returns the price, once; a refund that is rejected returns nothing."""
    paid = conversions.usual_cost(player, VoucherState.READY)
    for event, state in (
        (VoucherEvent.REFUND, VoucherState.REFUNDED),
        (VoucherEvent.REJECT_REFUND, VoucherState.REFUND_REJECTED),
    ):
        conversion, balance = conversions.bought(player)
        conversions.happen(conversion, VoucherEvent.ASK_REFUND)
        balance = conversions.stays("VCH-03", player, balance, case="a refund that is only asked for")
        conversions.happen(conversion, event)
        returned = player.money(PRICE) if state is VoucherState.REFUNDED else Decimal(0)
        if not conversions.settles(player, balance + returned) and returned:
            # What it took too much, and gives back with the price, is VCH-01's alone.
            returned = paid if conversions.settles(player, balance + paid) else returned
        conversions.give_time(player)
        conversions.ends("VCH-03", conversion, state, balance + returned, case=str(event))


@pytest.mark.rules("VCH-04")
def test_confirms_its_own_once(
    run: Run, conversions: Conversions, player: Player, judge: Judge, effort: Effort
) -> None:
    """Each reservation of its own is confirmed exactly once, also when coupon/reserved comes several times."""
    needs_manual(run)
    ways: tuple[tuple[str, Callable[[Conversion], object]], ...] = (
        ("once", lambda _: None),
        (f"{len(_COPIES)} times, one after the other", lambda made: conversions.deliver(made, *_COPIES)),
        (
            "several times at once",
            lambda made: conversions.deliver_at_once(made, "reserved", effort.width),
        ),
    )
    for case, deliver_again in ways:
        judge.fund(player, _FUNDS)
        conversion = conversions.begin(player, AMOUNT)
        with conversions.holding():
            conversions.reserve(conversion, PRICE)
            deliver_again(conversion)
        conversions.leaves(conversion, VoucherState.RESERVED)
        conversions.give_time(player)
        sent = conversions.simulator.confirm_requests(conversion.voucher)
        judge.holds(
            "VCH-04",
            len(sent) == 1,
            expected="one request to confirm the reservation",
            seen=f"{len(sent)}",
            exchanges=sent[:3] or conversions.evidence(conversion),
            case=f"coupon/reserved delivered {case}",
            observed=Observed.ASKED,
            off=player.money(PRICE) if not sent else Decimal(0),
        )
        conversions.make_ready(conversion)


@pytest.mark.rules("VCH-04")
def test_confirms_no_other(run: Run, conversions: Conversions, player: Player, judge: Judge) -> None:
    """A reservation that it does not know, or that nobody has the money for, is never confirmed."""
    account = conversions.simulator.account
    judge.fund(player, _FUNDS)
    # One that exists at Jackpot, under a key of nobody's.
    key = conversions.strange_key()
    asked = account.reservation(Decimal(100), manual=True, price=Decimal(20), notification_key=key)
    stranger = account.reserve(conversions.simulator.store_id, asked)
    conversions.give_time(player)
    _not_confirmed(conversions, judge, stranger.id, "a reservation under a key that it never minted")
    account.happen(stranger.id, VoucherEvent.CANCEL)
    # One that costs more than the session holds and the player has left.
    judge.fund(player, AMOUNT)
    dear = conversions.begin(player, AMOUNT)
    conversions.reserve(dear, 2 * AMOUNT, limit=2 * AMOUNT, manual=True)
    conversions.give_time(player)
    _not_confirmed(conversions, judge, dear.voucher, "a reservation that costs more than the player has")
    conversions.happen(dear, VoucherEvent.CANCEL)
    conversions.delivered()
    # One whose money may have been staked since the session began.
    judge.fund(player, AMOUNT)
    spent = conversions.begin(player, AMOUNT)
    bet = run.verbs.bet(player, player.money(AMOUNT))
    conversions.reserve(spent, AMOUNT, manual=True)
    conversions.give_time(player)
    if bet.ok:
        _not_confirmed(conversions, judge, spent.voucher, "a reservation whose money was staked before")
    conversions.happen(spent, VoucherEvent.CANCEL)
    conversions.delivered()


def _not_confirmed(conversions: Conversions, judge: Judge, voucher_id: str, case: str) -> None:
    price = conversions.simulator.account.voucher(voucher_id).price
    not_confirmed("VCH-04", conversions, judge, voucher_id, case, price)


@pytest.mark.rules("VCH-05")
def test_confirmed_is_not_confirmed_again(
    run: Run, conversions: Conversions, player: Player, judge: Judge
) -> None:
    """Reservations that Jackpot confirmed by itself are not confirmed again; they cost the price."""
    automatic = run.settings.target.need_jackpot().confirmation == "automatic"
    for order in (("reserved", "confirmed", "ready"), ("confirmed", "ready", "reserved")):
        if not automatic and order[0] == "reserved":
            # A CLIENT in manual mode need not look before it confirms what it is notified was reserved.
            continue
        judge.fund(player, _FUNDS)
        conversion = conversions.begin(player, AMOUNT)
        with conversions.holding():
            conversions.reserve(conversion, PRICE, manual=False)
            conversions.happen(conversion, VoucherEvent.MAKE_READY)
            conversions.deliver(conversion, *order)
        conversions.seen_as(conversion, VoucherState.READY)
        conversions.give_time(player)
        case = ", then ".join(order).upper()
        not_confirmed("VCH-05", conversions, judge, conversion.voucher, case)


@pytest.mark.rules("VCH-06")
def test_lost_reservation_is_completed(conversions: Conversions, player: Player, judge: Judge) -> None:
    """When the browser never hears of its reservation, the webhook with ``notificationKey`` completes it."""
    # Measured before the player is funded: whatever a purchase costs there, one that nobody heard of costs the same.
    conversions.usual_cost(player, VoucherState.READY)
    balance = judge.fund(player, _FUNDS)
    conversion = conversions.begin(player, AMOUNT)
    conversions.simulator.lose_reservation_answer(conversion.key)
    reserved = conversions.reserve_in_browser(conversion, player.money(PRICE))
    judge.needs(reserved.answer is None, "the answer to the reservation was not lost")
    expected = conversions.left(player, balance, VoucherState.READY)
    conversions.ends("VCH-06", conversion, VoucherState.READY, expected)


@pytest.mark.alone
@pytest.mark.rules("VCH-07")
@pytest.mark.needs("voucher")
def test_expired_address_is_replaced(conversions: Conversions, player: Player, judge: Judge) -> None:
    """Once the signed URL has expired, the player gets a new one that opens the voucher."""
    simulator = conversions.simulator
    judge.fund(player, _FUNDS)
    conversion = conversions.begin(player, AMOUNT)
    with conversions.unready(conversion):
        conversions.reserve(conversion, PRICE)
        confirmed = (VoucherState.CONFIRMED, VoucherState.READY)
        conversions.until(lambda: conversions.at_provider(conversion) in confirmed)
        conversions.happen(conversion, VoucherEvent.CONFIRM)
        # All that the webhook says, its date and its address, is as old as it is an hour later.
        with simulator.shifted(-URL_SECONDS - 1.0):
            conversions.happen(conversion, VoucherEvent.MAKE_READY)
            conversions.delivered()
            conversions.seen_as(conversion, VoucherState.READY)
    judge.needs(conversions.at_provider(conversion) is VoucherState.READY, "the voucher did not become READY")
    simulator.account.expire_signed_url(conversion.voucher)
    asked = len(simulator.requests("signedurl"))
    opened = conversions.until(lambda: conversions.file(conversion) is not None, 1.0)
    if not opened:
        fresh, _ = conversions.bought(player)
        opens = conversions.until(lambda: conversions.file(fresh) is not None, 1.0)
        judge.needs(opens, "the address of a fresh voucher opens nothing either, which VCH-01 reports")
    judge.holds(
        "VCH-07",
        opened,
        expected="an address that opens the voucher's PDF, after GET /v2/vouchers/{id}/signedurl",
        seen=f"none that does; {len(simulator.requests('signedurl')) - asked} requests for a new one",
        exchanges=[*simulator.requests("signedurl")[asked:][:2], *conversions.evidence(conversion)[-4:]],
    )


@pytest.mark.alone
@pytest.mark.rules("VCH-09")
def test_unused_session_gives_back(run: Run, conversions: Conversions, player: Player, judge: Judge) -> None:
    """What a session holds that reserved nothing is the player's again after its hour, and nothing else is."""
    if run.driver.has("sweep"):
        # What earlier sessions may have left held is not this one's.
        run.driver.sweep(int(time.time()) + _PAST)
    balance = judge.fund(player, _FUNDS)
    conversion = conversions.begin(player, AMOUNT)
    held = balance - judge.measure(player, balance - player.money(AMOUNT))
    if held == 0:
        judge.note("VCH-09", "a session holds nothing before a voucher is reserved")
        judge.balance("VCH-09", player, balance)
        return
    if not run.driver.has("sweep"):
        pytest.skip(f"needs a driver entry, since an hour is long: {run.driver.missing('sweep')}")
    began = _began(conversion)
    try:
        run.driver.sweep(began + _PAST)
    except DriverProblem as problem:
        judge.needs(False, problem.came)
    conversions.settles(player, balance)
    balance = judge.balance("VCH-09", player, balance, case="once the session's hour is over")
    run.driver.sweep(began + _PAST + 1)
    judge.balance("VCH-09", player, balance, case="and once only")
    conversions.made.remove(conversion)
    _, balance = conversions.bought(player)
    run.driver.sweep(int(time.time()) + _PAST)
    conversions.stays("VCH-09", player, balance, case="a session that bought a voucher is not unused")


def _began(conversion: Conversion) -> int:
    iat = conversion.token.claims.get("iat")
    return int(iat) if isinstance(iat, Decimal) else int(time.time())


@pytest.mark.alone
@pytest.mark.rules("VCH-09")
@pytest.mark.needs("sweep")
def test_session_used_at_its_end(
    run: Run, conversions: Conversions, player: Player, judge: Judge, cases: Cases
) -> None:
    """A voucher that is reserved when its session ends, or has ended, is paid for or not bought."""
    conversions.full_patience = True
    cost = conversions.usual_cost(player, VoucherState.READY)
    for case in cases(sessions.moments()):
        balance = judge.fund(player, _FUNDS)
        conversion = conversions.begin(player, AMOUNT)
        run.driver.sweep(_began(conversion) + _HOUR + case.value)
        conversions.reserve(conversion, PRICE)
        conversions.leaves(conversion, VoucherState.RESERVED)
        conversions.delivered()
        # One that the CLIENT does not want runs out, or is refunded where it asks for that.
        conversions.happen(conversion, VoucherEvent.EXPIRE, VoucherEvent.REFUND)
        end = conversions.at_provider(conversion)
        bought = end not in (VoucherState.CANCELED, VoucherState.REFUNDED)
        expected = balance - cost if bought else balance
        conversions.settles(player, expected)
        sent = conversions.evidence(conversion)
        judge.balance("VCH-09", player, expected, *sent, case=f"reserved {case.name}: {end}")
