"""Requests the CLIENT makes: it asks for a token, starts the player's session and hands on the address.

Story: the judge plays the player who opens the sportsbook on the CLIENT's site (driver ``launch``), while the fake
OPERATOR records what the CLIENT asks, revokes its tokens, answers late, wrongly or not at all. Invariant: every launch
ends with the OPERATOR's own address or a clear error. Limits: the CLIENT must call the fake OPERATOR at ``listen``.
"""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from scenarios.driver.driver import Driver, Raw
from scenarios.problems.errors import DriverProblem
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.run.run import Run
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, header
from simulators.exchanges.owners import ALL
from simulators.operator.simulator import BAD_TOKEN, OperatorSimulator, api_version
from simulators.providers import OPERATOR
from simulators.wallet import codec

pytestmark = [pytest.mark.alone(OPERATOR), pytest.mark.players(1, money=False)]

# An address as real ones may be: a port, a path with capitals, encoded blanks, two parameters, a fragment.
_PECULIAR_URL = "https://games.example:8443/Play/%20x?a=1&token=a%2Bb%3D%3D&lang=en#Lobby"
# Seconds after which a token that is good for one is good no more.
_EXPIRED = 1.2
# So often launches at once may ask for some tokens, until each process of a CLIENT has one.
_PROCESSES = 4
_CRASH = re.compile(rb"Traceback|Internal Server Error|at Object\.<anonymous>|Exception in", re.IGNORECASE)


def _launched(driver: Driver, player: Player, lang: str | None) -> str | None:
    """The address the player gets, None where the launch fails."""
    try:
        return driver.launch(player.id, player.currency, lang)
    except DriverProblem:
        return None


def _needs_launch(
    run: Run, driver: Driver, player: Player, judge: Judge, simulator: OperatorSimulator
) -> None:
    """Launch, and stop, undecided, where that fails: what the rule is about needs one that succeeds."""
    url = _launched(driver, player, _languages(run)[0])
    bad = _bad_token(simulator)
    why = f": the token was answered {bad}, and OUT-05 judges whether such a one is renewed" if bad else ""
    judge.needs(url, f"a launch failed that the rule is not about{why}")


def _bad_token(simulator: OperatorSimulator) -> str | None:
    """What the last request for a session was answered where its token was none to go on with."""
    [*_, error] = (None, *(one.error for one in simulator.session_requests[-1:]))
    return error if error in BAD_TOKEN else None


def _languages(run: Run) -> tuple[str, ...]:
    return run.settings.target.need_operator()[0].languages


@pytest.mark.rules("OUT-01")
def test_auth_carries_the_credentials(
    run: Run, driver: Driver, player: Player, judge: Judge, simulator: OperatorSimulator
) -> None:
    """``POST /auth`` carries username and password as JSON, with its Content-Type."""
    simulator.revoke_tokens()
    _launched(driver, player, _languages(run)[0])
    judge.needs(
        simulator.auth_requests, "the CLIENT sent no /auth: does it call the OPERATOR's API at listen?"
    )
    for exchange in simulator.auth_requests:
        content_type = header(exchange.request.headers, "Content-Type") or ""
        judge.holds(
            "OUT-01",
            content_type.partition(";")[0].strip().lower() == "application/json",
            expected="Content-Type: application/json",
            seen=f"Content-Type: {content_type or 'missing'}",
            exchanges=[exchange],
        )
        asked = codec.object_of(exchange.request.body) or {}
        agreed = (
            asked.get("username") == simulator.agreement.username
            and asked.get("password") == simulator.agreement.password
        )
        judge.holds(
            "OUT-01",
            agreed,
            expected="the agreed username and password in a JSON object",
            seen=f"fields {', '.join(sorted(asked)) or 'none'}, not the agreed values",
            exchanges=[exchange],
        )


@pytest.mark.rules("OUT-02")
def test_session_carries_a_valid_token(
    run: Run, driver: Driver, player: Player, judge: Judge, simulator: OperatorSimulator
) -> None:
    """``POST /start-session`` carries ``Authorization: Bearer`` with a token that is valid."""
    _launched(driver, player, _languages(run)[0])
    asked = len(simulator.session_requests)
    _launched(driver, player, _languages(run)[0])
    requests = simulator.session_requests[asked:]
    judge.needs(requests, "the CLIENT sent no /start-session")
    last = requests[-1]
    value = header(last.request.headers, "Authorization") or ""
    judge.holds(
        "OUT-02",
        value.startswith("Bearer ") and last.error not in ("TOKEN_MISSING", "TOKEN_INVALID"),
        expected="Authorization: Bearer and a token of the OPERATOR's",
        seen=f"{value.partition(' ')[0] or 'no Authorization'}, answered {last.error or 'with a session'}",
        exchanges=[last],
    )


@pytest.mark.players(1, 2, money=False)
@pytest.mark.rules("OUT-03")
def test_session_carries_what_was_agreed(
    run: Run, driver: Driver, players: list[Player], judge: Judge, simulator: OperatorSimulator
) -> None:
    """``user_id`` is a JSON string, ``currency`` is agreed, and ``lang``, when sent, is agreed."""
    before = len(simulator.session_requests)
    for lang in (*_languages(run), "xx", None):
        _launched(driver, players[0], lang)
    for player in players[1:3]:
        _launched(driver, player, _languages(run)[0])
    requests = simulator.session_requests[before:]
    judge.needs(requests, "the CLIENT sent no /start-session")
    for exchange in requests:
        asked = codec.object_of(exchange.request.body) or {}
        user, currency, lang = asked.get("user_id"), asked.get("currency"), asked.get("lang")
        for holds, expected, seen in (
            (isinstance(user, str) and user != "", "user_id a JSON string", f"user_id {user!r}"),
            (
                currency in simulator.agreement.currencies,
                "a currency that was agreed",
                f"currency {currency!r}",
            ),
            (
                "lang" not in asked or lang in simulator.agreement.languages,
                "lang agreed, or left out",
                f"lang {lang!r}",
            ),
        ):
            judge.holds("OUT-03", holds, expected=expected, seen=seen, exchanges=[exchange])


@pytest.mark.rules("OUT-04")
def test_token_is_used_again(
    run: Run, driver: Driver, player: Player, judge: Judge, simulator: OperatorSimulator, effort: Effort
) -> None:
    """While a token is valid no new one is asked for, neither one after the other nor by launches at once."""
    lang = _languages(run)[0]
    _needs_launch(run, driver, player, judge, simulator)

    def asked_at_once() -> list[Exchange]:
        before = len(simulator.auth_requests)
        with ThreadPoolExecutor(effort.width) as pool:
            list(pool.map(lambda _: _launched(driver, player, lang), range(effort.width)))
        return simulator.auth_requests[before:]

    # A CLIENT of several processes may have a token in each, but not one for every launch that comes at once.
    for _ in range(_PROCESSES):
        asked = asked_at_once()
        if not asked or len(asked) > effort.width // 2:
            break
    before = len(simulator.auth_requests)
    for _ in range(5):
        _launched(driver, player, lang)
    one_by_one = simulator.auth_requests[before:]
    judge.holds(
        "OUT-04",
        not one_by_one,
        expected="no /auth while the token is valid",
        seen=f"{len(one_by_one)} for 5 launches, one after the other",
        exchanges=one_by_one,
    )
    at_once = asked if len(asked) > effort.width // 2 else asked_at_once()
    judge.holds(
        "OUT-04",
        not at_once,
        expected="no /auth while the token is valid",
        seen=f"{len(at_once)} for {effort.width} launches at once",
        exchanges=at_once,
    )


@pytest.mark.rules("OUT-05")
def test_bad_token_is_renewed(
    run: Run, driver: Driver, player: Player, judge: Judge, simulator: OperatorSimulator
) -> None:
    """An expired or revoked token leads to a new ``/auth`` and a successful launch."""
    lang = _languages(run)[0]
    if not _launched(driver, player, lang):
        # A CLIENT that was judged before may hold a token that nobody knows any more.
        bad = _bad_token(simulator)
        judge.needs(bad, "a launch failed that the rule is not about")
        _renewed(driver, player, judge, simulator, lang, f"answered {bad}")
        judge.needs(_launched(driver, player, lang), "no launch succeeds")
    simulator.revoke_tokens()
    _renewed(driver, player, judge, simulator, lang, "revoked")
    usual = simulator.token_seconds
    simulator.token_seconds = 1
    try:
        simulator.revoke_tokens()
        _launched(driver, player, lang)
        # Expiry is what the rule is about, and only time brings it.
        time.sleep(_EXPIRED)
        simulator.token_seconds = usual
        _renewed(driver, player, judge, simulator, lang, "expired", asked=False)
    finally:
        simulator.token_seconds = usual


def _renewed(
    driver: Driver,
    player: Player,
    judge: Judge,
    simulator: OperatorSimulator,
    lang: str,
    what: str,
    *,
    asked: bool = True,
) -> None:
    before = len(simulator.auth_requests)
    url = _launched(driver, player, lang)
    again = simulator.auth_requests[before:]
    judge.holds(
        "OUT-05",
        url is not None and (bool(again) or not asked),
        expected="a new /auth, and a successful launch",
        seen=f"{len(again)} /auth, the launch {'succeeded' if url else 'failed'}",
        exchanges=again or simulator.session_requests[-2:],
        case=f"token {what}",
    )


@pytest.mark.rules("OUT-06")
def test_address_reaches_the_player_unchanged(
    run: Run, driver: Driver, player: Player, judge: Judge, simulator: OperatorSimulator
) -> None:
    """The iframe's address reaches the player unchanged."""
    lang = _languages(run)[0]
    _needs_launch(run, driver, player, judge, simulator)
    peculiar = json.dumps({"url": _PECULIAR_URL}).encode()
    simulator.disturb("start-session", answer=(200, peculiar, "application/json"), about=ALL)
    try:
        url = _launched(driver, player, lang)
    finally:
        simulator.calm(ALL)
    judge.holds(
        "OUT-06",
        url == _PECULIAR_URL,
        expected=_PECULIAR_URL,
        seen=str(url) if url else "a failed launch",
        exchanges=simulator.session_requests[-1:],
    )
    url = _launched(driver, player, lang)
    own = simulator.sessions[-1].url if simulator.sessions else None
    judge.holds(
        "OUT-06",
        url == own,
        expected="the address of the session",
        seen=f"{url}",
        exchanges=simulator.session_requests[-1:],
    )


@pytest.mark.rules("OUT-07")
def test_errors_reach_the_player_clearly(
    run: Run, driver: Driver, player: Player, judge: Judge, simulator: OperatorSimulator, effort: Effort
) -> None:
    """Whatever the OPERATOR answers, the player gets a clear error: no crash, no hang."""
    page = b"<html><body>Bad gateway</body></html>"
    refusal = json.dumps({"error": "BAD_CREDENTIALS", "message": "check them"}).encode()
    cases: list[tuple[str, Any, dict[str, Any]]] = [
        ("401 on /auth", "auth", {"answer": (401, refusal, "application/json")}),
        ("500 on /auth", "auth", {"answer": (500, page, "text/html")}),
        ("no JSON on /auth", "auth", {"answer": (200, page, "text/html")}),
        ("no token in the answer", "auth", {"answer": (200, b"{}", "application/json")}),
        ("500 on /start-session", "start-session", {"answer": (500, page, "text/html")}),
        ("no JSON on /start-session", "start-session", {"answer": (200, page, "text/html")}),
        ("no url in the answer", "start-session", {"answer": (200, b"[]", "application/json")}),
    ]
    if effort.hangs:
        cases.append(("no answer on /start-session", "start-session", {"delay_seconds": driver.timeout + 60}))
    for case, path, fault in cases:
        if path == "auth":
            simulator.revoke_tokens()
        simulator.disturb(path, None, about=ALL, **fault)
        try:
            raw: Raw | None = driver.launch_raw(player.id, player.currency, _languages(run)[0])
        except DriverProblem as problem:
            raw = None
            seen = problem.came
        finally:
            simulator.calm(ALL)
        exchanges = simulator.requests(path)[-1:]
        if raw is None:
            judge.holds(
                "OUT-07", False, expected="an error for the player", seen=seen, exchanges=exchanges, case=case
            )
        else:
            _clear(judge, raw, exchanges, case)
    url = _launched(driver, player, _languages(run)[0])
    bad = _bad_token(simulator)
    judge.needs(url or not bad, f"launches fail with a token that is answered {bad}: OUT-05 reports that")
    judge.holds(
        "OUT-07",
        url is not None,
        expected="launches succeed once the OPERATOR is well again",
        seen="a failed launch",
        exchanges=simulator.session_requests[-1:],
        case="afterwards",
    )


def _clear(judge: Judge, raw: Raw, exchanges: list[Exchange], case: str) -> None:
    text = raw.body.decode("utf-8", "replace")
    crashed = raw.status == 500 or bool(_CRASH.search(raw.body))
    for holds, expected, seen in (
        (raw.status >= 400, "an error for the player", f"HTTP {raw.status}, as if all were well"),
        (not crashed, "a clear error, no crash", f"HTTP {raw.status}, {text[:80]!r}"),
        (bool(text.strip()), "an error that says something", "an empty answer"),
    ):
        judge.holds("OUT-07", holds, expected=expected, seen=seen, exchanges=exchanges, case=case)


@pytest.mark.players(1, 2)
@pytest.mark.rules("OUT-08")
def test_user_id_is_the_one_of_callbacks(
    run: Run,
    driver: Driver,
    operator: Verbs,
    players: list[Player],
    judge: Judge,
    simulator: OperatorSimulator,
) -> None:
    """A bet on the ``user_id`` that the CLIENT sent reaches the wallet of the player who launched."""
    sessions = {}
    for player in players[:2]:
        before = len(simulator.sessions)
        _needs_launch(run, driver, player, judge, simulator)
        judge.needs(len(simulator.sessions) > before, "no session was started")
        sessions[player.id] = simulator.sessions[-1]

    def reached(judge: Judge, player: Player) -> None:
        session, balance = sessions[player.id], judge.fund(player, 1000)
        # One that reaches the other player is of another amount.
        stake = player.money(400 if player is players[0] else 300)
        if not operator.may_name(session.player):
            # It may be somebody else's id: no wager tells.
            judge.holds(
                "OUT-08",
                False,
                expected=f"user_id {player.id!r}, the id that callbacks are accepted for",
                seen=f"user_id {session.player!r}",
                case=f"player {player.id}, user_id {session.player!r}",
            )
            return
        bet = operator.bet(session.player, stake, currency=session.currency)
        judge.accepted("OUT-08", bet, case=f"player {player.id}, user_id {session.player!r}")
        if bet.ok:
            judge.balance("OUT-08", player, balance - stake, bet, case=f"player {player.id}", last=True)

    judge.each(players[:2], reached)


@pytest.mark.rules("OUT-09")
def test_calls_name_one_version(
    run: Run, driver: Driver, player: Player, judge: Judge, simulator: OperatorSimulator
) -> None:
    """All calls of the run are under the agreed API version; where none was agreed on, under one and the same."""
    simulator.revoke_tokens()
    _launched(driver, player, _languages(run)[0])
    calls = [*simulator.auth_requests, *simulator.session_requests]
    judge.needs(calls, "the CLIENT sent neither /auth nor /start-session")
    agreed = simulator.agreement.version
    expected = api_version(calls[0]) if agreed is None else agreed
    for call in calls:
        path = urlsplit(call.request.url).path
        judge.holds(
            "OUT-09",
            api_version(call) == expected,
            expected=f"an address under {expected!r}, {'as the first was' if agreed is None else 'as agreed'}",
            seen=path,
            exchanges=[call],
            case=path.rpartition("/")[2],
        )
    if agreed is None and not expected:
        judge.note(
            "OUT-09", 'no version was named: add api_version = ".." to [operator] where one was agreed'
        )
