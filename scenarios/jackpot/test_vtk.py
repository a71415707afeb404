"""Session tokens: what the CLIENT mints when a player wants to convert balance into a voucher.

Story: the judge plays the player's browser (driver ``voucher_session``), takes each JWT apart and shows some of them
to the fake Jackpot. Invariant: a token says exactly what the player asked for, works once, and gives nothing else away.
Limits: pages that no driver entry names are not looked at.
"""

import time
from decimal import Decimal

import pytest

from scenarios.browsers.voucher_browser import Conversion
from scenarios.browsers.voucher_flow import Conversions
from scenarios.driver.driver import Driver, Raw
from scenarios.generated.families import amounts
from scenarios.generated.families.family import Cases
from scenarios.generated.leaked_secrets import by_driver, by_history, judge_secrets
from scenarios.problems.errors import DriverProblem
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.tokens.explain import shown
from scenarios.tokens.session_token import CLOCKS, OTHER_BASE64, SessionToken
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.jackpot.credentials.session_jwt import BadJwt, SessionProblem, verify
from simulators.values import money

pytestmark = pytest.mark.needs("probe")

# What players ask to convert, in smallest units, besides prices: round, with cents, small.
_ASKED = (2500, 2550, 1)
# So many keys are compared at least.
_KEYS = 12


def _minted(
    conversions: Conversions, judge: Judge, player: Player, units: tuple[int, ...]
) -> list[Conversion]:
    """A session for each of ``units``; undecided where the CLIENT opens none."""
    judge.fund(player, 2 * sum(units))
    minted = []
    for each in units:
        try:
            minted.append(conversions.mint(player, player.money(each)))
        except DriverProblem as problem:
            judge.needs(False, f"no session: {problem.came}")
    return minted


def _said(token: SessionToken, claim: str) -> str:
    if claim not in token.claims:
        return f"no {claim}"
    return f"{claim} {shown(claim, token.claims[claim], there=True)}"


@pytest.mark.rules("VTK-01")
def test_is_signed_as_agreed(run: Run, conversions: Conversions, player: Player, judge: Judge) -> None:
    """The algorithm is HS256 and the signature is valid under apiSignature."""
    secret = run.settings.target.need_jackpot().api_signature.get_secret_value()
    for conversion in _minted(conversions, judge, player, (2500, 1999)):
        token = conversion.token
        try:
            verify(token.text, secret, time.time())
            fault: SessionProblem | None = None
        except BadJwt as bad:
            fault = bad.fault
        faults: dict[SessionProblem | None, str] = {
            SessionProblem.MALFORMED: OTHER_BASE64 if token.text.count(".") == 2 else "a text that is no JWT",
            SessionProblem.ALGORITHM: f"algorithm {token.algorithm!r}",
            SessionProblem.SIGNATURE: "a signature that is not one under apiSignature",
        }
        judge.holds(
            "VTK-01",
            fault not in faults,
            expected="a JWT under HS256, signed with apiSignature",
            seen=faults.get(fault, ""),
            exchanges=conversion.exchanges,
            claims=("alg",) if fault is SessionProblem.ALGORITHM else ("signature",),
        )


@pytest.mark.rules("VTK-02")
def test_amount_is_what_was_asked(
    conversions: Conversions, player: Player, judge: Judge, cases: Cases
) -> None:
    """``amount`` is a positive JSON number, exactly what the player asked to convert."""
    prices = [each.value for each in cases(amounts.prices())]
    for conversion in _minted(conversions, judge, player, (*_ASKED, *prices)):
        token, asked = conversion.token, conversion.amount
        judge.holds(
            "VTK-02",
            token.amount == asked,
            expected=f"amount {money.plain(asked)}, a JSON number",
            seen=_said(token, "amount"),
            exchanges=conversion.exchanges,
            case=player.show(asked),
            claims=("amount",),
            off=abs(token.amount - asked) if token.amount is not None else Decimal(0),
        )
    _finer_than_the_unit(conversions, player, judge)
    for asked in (Decimal(0), -player.money(500)):
        try:
            conversion = conversions.mint(player, asked)
        except DriverProblem:
            continue
        reported = conversion.token
        judge.holds(
            "VTK-02",
            reported.amount is not None and reported.amount > 0,
            expected="a positive amount, or no token",
            seen=_said(reported, "amount"),
            exchanges=conversion.exchanges,
            case=f"asked for {money.plain(asked)}",
            claims=("amount",),
        )


def _finer_than_the_unit(conversions: Conversions, player: Player, judge: Judge) -> None:
    """What no balance holds is no session, or one of just that."""
    asked = player.money(500) + player.unit / 2
    judge.fund(player, 1000)
    try:
        reported = conversions.mint(player, asked)
    except DriverProblem:
        return
    judge.holds(
        "VTK-02",
        reported.token.amount == asked,
        expected=f"amount {money.plain(asked)}, or no token",
        seen=_said(reported.token, "amount"),
        exchanges=reported.exchanges,
        case=f"asked for {money.plain(asked)}",
        claims=("amount",),
    )


@pytest.mark.rules("VTK-03")
def test_iat_is_now_in_seconds(conversions: Conversions, player: Player, judge: Judge) -> None:
    """``iat`` is an integer in seconds, within 60 s of now."""
    conversion = _minted(conversions, judge, player, (2500,))[0]
    token = conversion.token
    iat, now = token.claims.get("iat"), time.time()
    whole = isinstance(iat, Decimal) and iat == iat.to_integral_value() and iat.as_tuple().exponent == 0
    judge.holds(
        "VTK-03",
        whole and abs(float(iat) - now) <= CLOCKS if isinstance(iat, Decimal) else False,
        expected=f"iat a whole number of seconds, within {CLOCKS} s of {int(now)}",
        seen=_said(token, "iat"),
        exchanges=conversion.exchanges,
        claims=("iat",),
    )


@pytest.mark.alone
@pytest.mark.last
@pytest.mark.rules("VTK-04")
def test_notification_key_is_fresh(conversions: Conversions, player: Player, judge: Judge, run: Run) -> None:
    """``notificationKey`` is a non-empty string that no other session of the whole run had."""
    for each in (player, *run.players[1:2]):
        _minted(conversions, judge, each, (2500, 2500, 1999))
    # Keys drawn from a few repeat sooner or later; where other scenarios ran, there are as many already.
    if (more := _KEYS - len(conversions.simulator.tokens)) > 0:
        _minted(conversions, judge, player, tuple(range(2600, 2600 + 100 * more, 100)))
    seen: dict[str, tuple[SessionToken, tuple[Exchange, ...]]] = {}
    for token, exchanges in conversions.simulator.tokens:
        earlier, before = (token, ()) if token.key is None else seen.setdefault(token.key, (token, exchanges))
        # The same token twice is another rule's matter.
        known = earlier.text != token.text
        judge.holds(
            "VTK-04",
            token.key is not None and not known,
            expected="a notificationKey that is a non-empty text and was never used before",
            seen="the notificationKey of an earlier session" if known else _said(token, "notificationKey"),
            exchanges=(*before, *exchanges) if known else exchanges,
            case=_said(token, "amount"),
            claims=("notificationKey",),
            compared=known,
        )


@pytest.mark.rules("VTK-05")
def test_user_id_names_the_player(conversions: Conversions, player: Player, judge: Judge) -> None:
    """``userId``, when present, is a string and the same for the same player."""
    minted = _minted(conversions, judge, player, (2500, 2500, 1999))
    named = [each for each in minted if "userId" in each.token.claims]
    for each in named:
        judge.holds(
            "VTK-05",
            isinstance(each.token.claims["userId"], str),
            expected="userId a JSON string, or none",
            seen=_said(each.token, "userId"),
            exchanges=each.exchanges,
            claims=("userId",),
        )
    names = {str(each.token.claims["userId"]) for each in named}
    judge.holds(
        "VTK-05",
        len(names) <= 1,
        expected=f"one userId in every session of player {player}",
        seen=f"{len(names)} different ones",
        exchanges=[exchange for each in named for exchange in each.exchanges],
        claims=("userId",),
    )


@pytest.mark.rules("VTK-06")
def test_every_session_gets_its_own(conversions: Conversions, player: Player, judge: Judge) -> None:
    """Two sessions of one player for one amount get two tokens, and Jackpot opens a session for each."""
    first, second = _minted(conversions, judge, player, (2500, 2500))
    judge.holds(
        "VTK-06",
        first.token.text != second.token.text,
        expected="a JWT of its own for each session",
        seen="the same JWT twice",
        exchanges=(*first.exchanges, *second.exchanges),
        claims=("token",),
        compared=True,
    )
    for conversion in (first, second):
        opened = conversions.exchange(conversion)
        # Whether the token holds at all is judged elsewhere; here it must not have been used before.
        judge.holds(
            "VTK-06",
            opened.error != "JWT_USED",
            expected="a JWT that opened no session before",
            seen=f"Jackpot says {opened.error}",
            exchanges=[opened],
        )


def _secrets_leaked(run: Run, judge: Judge) -> None:
    """Judge all that the CLIENT answered so far."""
    agreed = run.settings.target.need_jackpot()
    known = {
        "apiSignature": agreed.api_signature.get_secret_value(),
        "the API key": agreed.api_key.get_secret_value(),
        "the client secret": agreed.client_secret.get_secret_value(),
    }
    reported = [*by_driver(run, "voucher_session", "voucher", "store"), *by_history(run)]
    judge_secrets("VTK-07", judge, known, reported)


@pytest.mark.rules("VTK-07")
def test_secrets_stay_on_the_server(run: Run, conversions: Conversions, player: Player, judge: Judge) -> None:
    """apiSignature, API key and client secret are in no answer that the player's browser gets, errors among them."""
    conversion = _minted(conversions, judge, player, (2500,))[0]
    for amount in (Decimal(20), Decimal(10) ** 9):
        conversions.adopt(player, amount, _asked(run.driver, player, amount))
    stranger = Player(run.verbs.made_up_player(), player.currency)
    wrong: tuple[Decimal | str, ...] = (Decimal(-1), "abc", "9" * 400)
    for each in wrong:
        _asked(run.driver, player, each)
    _asked(run.driver, stranger, Decimal(20))
    if run.driver.has("voucher"):
        for key in (conversion.token.key or "none", "no-such-key", "'\"<>\\", "\0", "x" * 5000):
            run.driver.raw("voucher", notification_key=key)
    if run.driver.has("store"):
        for store in (conversions.simulator.store_id, "no-such-store", "'\"<>\\"):
            run.driver.raw("store", store=store)
    for body in (b"{", b"[]", b'{"event": "coupon/confirmed", "message": null}'):
        conversions.simulator.endpoint.send_raw(body, label="malformed notification")
    _secrets_leaked(run, judge)


@pytest.mark.whole_history
@pytest.mark.rules("VTK-07")
def test_no_answer_of_the_run_tells_a_secret(run: Run, judge: Judge) -> None:
    """apiSignature, API key and client secret are in no answer of the whole run, to whomever it was."""
    _secrets_leaked(run, judge)


def _asked(driver: Driver, player: Player, amount: Decimal | str) -> Raw:
    try:
        return driver.raw("voucher_session", player=player.id, currency=player.currency, amount=amount)
    except DriverProblem:
        return Raw(500, b"")


@pytest.mark.rules("VTK-08")
def test_no_more_than_the_balance(conversions: Conversions, player: Player, judge: Judge) -> None:
    """A token for the whole balance is minted; none for one smallest unit more, and none for a fortune."""
    for units, case in ((1001, "one unit more than the balance"), (10**9, "a fortune")):
        balance = judge.fund(player, 1000)
        try:
            token = conversions.mint(player, player.money(units)).token
        except DriverProblem:
            continue
        # Whoever owes a fortune could not be funded to see it again.
        if not judge.holds(
            "VTK-08",
            token.amount is not None and token.amount <= balance,
            expected=f"no token for more than {player.show(balance)}",
            seen=f"a token with {_said(token, 'amount')}",
            case=case,
            off=(token.amount or player.money(units)) - balance,
        ):
            return
    judge.fund(player, 1000)
    try:
        conversions.mint(player, player.money(1000))
    except DriverProblem as problem:
        judge.note("VTK-08", f"no session for the whole balance: {problem.came}")
