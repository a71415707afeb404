"""Answers: what the OPERATOR can read, store and match.

Story: the OPERATOR reads HTTP 200, a JSON object, ``error`` and ``transaction_id``, and nothing else.
Invariant: every answer of the run has that form, comes in time, and its CLIENT ids are unique. Limits:
judged over all exchanges of the run plus a few of their own; a request without an answer counts for none of
them but MSG-16; answers to other methods than POST and to huge bodies, which may come from a proxy, and 401
or 403 to forgeries count for none.
"""

import contextlib
import json
import uuid
from decimal import Decimal

import pytest

from scenarios.cases.at_once import in_one_reading
from scenarios.contract import Level
from scenarios.operator.messages import answers, strict_json
from scenarios.operator.messages.forgeries import bend, raw
from scenarios.run.balances import Undecided
from scenarios.run.findings import ScenarioResult, observed_in
from scenarios.run.judge import Judge, said
from scenarios.run.planning.effort import Effort
from scenarios.run.run import Run
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.unclear_answers import unclear
from simulators.exchanges.history import Direction, Exchange, header
from simulators.operator.dialect import JSON_TYPE, ROLLBACK_PATH, SPORTSBOOK, TRANSACTION_PATH
from simulators.providers import OPERATOR
from simulators.wallet.codec import Style
from simulators.wallet.transactions import Kind, Transaction

# The rules whose scenarios send all that the answers to are judged.
_WITH_IT = ("BET-01", "BET-03", "BET-06", "RES-01", "RBK-01", "RBK-02", "RBK-04", "IDM-01", "MSG-06")
# More units than any player has.
_FORTUNE = 10**13


@pytest.fixture(scope="module")
def traffic(run: Run) -> None:
    """A little of everything, once, so that these rules can be judged alone too: where all was sent that has rules of
    its own, nothing more.
    """
    if run.gone_after is not None or all(any(rule in one.judged for one in run.results) for rule in _WITH_IT):
        return
    operator, judge = run.verbs, Judge(run, ScenarioResult("traffic", "", ()))
    for player in run.players[:2]:
        # A balance that can no longer be read is another rule's matter, and must not hide these.
        with contextlib.suppress(Undecided):
            judge.fund(player, 500)
        bet = operator.bet(player, player.money(100))
        result = operator.result(player, player.money(50))
        operator.again(operator.rollback(bet))
        operator.rollback(result)
        operator.rollback(operator.new_id(), player, player.unit)
        operator.bet(player, player.money(_FORTUNE))
        operator.bet(operator.made_up_player(), player.unit, currency=player.currency)
    body = operator.channel.request(operator.transaction("bet", run.players[0], run.players[0].unit)).body
    for path in (TRANSACTION_PATH, ROLLBACK_PATH):
        raw(operator, body[: len(body) // 2], path, "malformed body (truncated JSON)")


@pytest.mark.whole_history
@pytest.mark.usefixtures("traffic")
@pytest.mark.rules("MSG-01")
def test_every_signed_request_is_answered_200(run: Run, judge: Judge) -> None:
    """Refusals and bad input are answered with HTTP 200 too, as long as the hash was right."""
    answers.blame(
        judge,
        "MSG-01",
        "HTTP status 200",
        (
            (exchange.label, exchange, said(exchange))
            for exchange in answers.answered(run)
            if exchange.answer is not None
            and exchange.answer.status != 200
            and answers.signed(run, exchange)
            and not answers.taken_for_forgery(run, exchange)
        ),
    )


@pytest.mark.whole_history
@pytest.mark.usefixtures("traffic")
@pytest.mark.rules("MSG-02")
def test_every_answer_is_a_json_object(run: Run, judge: Judge) -> None:
    """Every answer is a JSON object to a strict reader, and says so in its Content-Type."""
    judged = [exchange for exchange in answers.answered(run) if not answers.taken_for_forgery(run, exchange)]
    broken = [exchange for exchange in judged if not isinstance(answers.document(exchange), dict)]
    answers.blame(
        judge, "MSG-02", "a JSON object", ((exchange.label, exchange, said(exchange)) for exchange in broken)
    )
    numbers = {exchange.number for exchange in broken}
    readable = [exchange for exchange in judged if exchange.number not in numbers]
    found = [
        (breach, exchange)
        for exchange in readable
        if exchange.answer is not None
        for breach in strict_json.breaches(exchange.answer.body)
    ]
    for breach in strict_json.Breach:
        answers.blame(
            judge,
            "MSG-02",
            breach.expected,
            (
                (f"{exchange.label}, {breach}", exchange, f"{breach}: {said(exchange)}")
                for other, exchange in found
                if other is breach
            ),
            breach.level,
        )
    answers.blame(
        judge,
        "MSG-02",
        f"Content-Type: {JSON_TYPE}",
        (
            (f"{exchange.label}, Content-Type", exchange, f"Content-Type: {_content_type(exchange)}")
            for exchange in readable
            if not _declares_json(exchange)
        ),
        Level.SHOULD,
    )


def _content_type(exchange: Exchange) -> str | None:
    return header(exchange.answer.headers, "Content-Type") if exchange.answer is not None else None


def _declares_json(exchange: Exchange) -> bool:
    return (_content_type(exchange) or "").split(";")[0].strip().lower() == JSON_TYPE


@pytest.mark.whole_history
@pytest.mark.usefixtures("traffic")
@pytest.mark.rules("MSG-03")
def test_success_has_its_form(run: Run, judge: Judge) -> None:
    """Success is ``error`` null, present, with a CLIENT ``transaction_id`` that is a non-empty string."""
    expected = "error null, present, and a non-empty transaction_id"
    meant = _unclear_successes(run)
    done = [
        (exchange, exchange.answer, document)
        for exchange in answers.answered(run)
        if exchange.genuine and isinstance(document := answers.document(exchange), dict)
        if exchange.answer is not None and (exchange.ok or exchange.number in meant)
    ]
    answers.blame(
        judge,
        "MSG-03",
        expected,
        (
            (exchange.label, exchange, problem.text)
            for exchange, answer, _ in done
            if (problem := SPORTSBOOK.read(answer).problem) is not None
        ),
    )
    answers.blame(
        judge,
        "MSG-03",
        "a transaction_id that is a string",
        (
            (f"{exchange.label}, a number", exchange, json.dumps(document)[:200])
            for exchange, _, document in done
            if isinstance(document.get("transaction_id"), int | float)
        ),
        Level.SHOULD,
    )


def _unclear_successes(run: Run) -> set[int]:
    """Numbers of the unclear answers to transactions of test players that a CLIENT takes for successes.

    Results and rollbacks always succeed; a bet may be refused, and where others were clearly accepted, an unclear
    answer to one is a refusal without its form, which MSG-04 is about.
    """
    players = {player.id for player in run.players}
    sent = [
        exchange
        for exchange in answers.answered(run)
        if exchange.genuine and isinstance(exchange.message, Transaction)
    ]
    bets_are_clear = any(exchange.ok and exchange.message.kind is Kind.BET for exchange in sent)
    return {
        exchange.number
        for exchange in sent
        if unclear(exchange) and not exchange.refused and exchange.message.player in players
        if not (bets_are_clear and exchange.message.kind is Kind.BET)
    }


@pytest.mark.needs("probe")
@pytest.mark.rules("MSG-04")
def test_failure_has_its_form_and_no_effect(operator: Verbs, player: Player, judge: Judge) -> None:
    """A refusal is ``error``, a non-empty string, and the balance stays as it was."""
    stranger = operator.made_up_player()
    cases: dict[str, tuple[Player | str, Decimal]] = {
        "a bet one unit over the balance": (player, player.money(1001)),
        "a bet far over the balance": (player, player.money(_FORTUNE)),
        "a bet of an unknown player": (stranger, player.money(10)),
    }

    def tried(*, apart: bool) -> None:
        refused = 0
        balance = judge.fund(player, 1000)
        for case, (who, amount) in cases.items():
            bet = operator.bet(who, amount, currency=player.currency)
            refused += _failed(judge, bet, case)
            if bet.refused:
                balance = judge.balance("MSG-04", player, balance, bet, case=case) if apart else balance
            elif bet.unknown and bet.answer is not None and judge.run.read(player, balance).amount == balance:
                # Nothing was done, so this was meant as a refusal.
                refused += 1
                judge.holds(
                    "MSG-04",
                    False,
                    expected="error: a non-empty string",
                    seen=said(bet),
                    exchanges=[bet],
                    case=case,
                    observed=observed_in(bet),
                )
            else:
                # It was carried out or its fate is unknown, which is for other rules to judge.
                balance = judge.fund(player, 1000)
        message = operator.transaction("result", player, player.money(10))
        unknown = bend(operator, message, Style(raw={"action": '"donate"'}), label="unknown action")
        refused += _failed(judge, unknown, "an unknown action")
        if unknown.refused:
            judge.one_of("MSG-04", player, [balance], unknown, case="an unknown action", last=True)
        judge.needs(refused if apart else refused > len(cases), "nothing was refused")

    in_one_reading(judge, tried)


def _failed(judge: Judge, exchange: Exchange, case: str) -> bool:
    if exchange.refused:
        document = answers.document(exchange)
        error = document.get("error") if isinstance(document, dict) else None
        judge.holds(
            "MSG-04",
            isinstance(error, str) and bool(error),
            expected="error: a non-empty string",
            seen=f"error: {json.dumps(error)}" if error is not None else said(exchange),
            exchanges=[exchange],
            case=case,
        )
    return exchange.refused


@pytest.mark.whole_history
@pytest.mark.usefixtures("traffic")
@pytest.mark.rules("MSG-05")
def test_client_ids_are_unique(run: Run, judge: Judge, effort: Effort) -> None:
    """No two of the OPERATOR's transactions share a CLIENT id, whatever their kind and player."""
    # Ids may run out only after a while, and numbers of each player clash where they are level.
    last = [0] * len(run.players)
    for _ in range(0, effort.sums - len(run.history), 2):
        if run.gone_after is None:
            player = run.players[place := last.index(min(last))]
            run.verbs.result(player, player.unit)
            reported = str(run.verbs.bet(player, player.unit).client_id)[:18]
            last[place] = int(reported) if reported.isdecimal() else 0
    first: dict[str, Exchange] = {}
    clashes: dict[str, list[tuple[Exchange, Exchange]]] = {}
    # Only plain UUIDs by chance count: whether ids that look alike are one transaction is IDM-08's question.
    alike = {result.id for result in run.results if "IDM-08" in result.rules}
    for exchange in run.history:
        if exchange.message is None or not exchange.ok or exchange.client_id in (None, ""):
            continue
        if exchange.scenario in alike:
            continue
        if exchange.direction is not Direction.TO_CLIENT or not _is_uuid(exchange.message.id):
            continue
        before = first.setdefault(str(exchange.client_id), exchange)
        if before.message.id != exchange.message.id:
            pair = f"{before.message.kind} and {exchange.message.kind}"
            whose = "one player" if before.message.player == exchange.message.player else "two players"
            clashes.setdefault(f"{pair} of {whose}", []).append((before, exchange))
    judge.holds("MSG-05", True, expected="", seen="")
    for case, pairs in clashes.items():
        judge.holds(
            "MSG-05",
            False,
            expected="a CLIENT id of its own for each transaction",
            seen=f"transaction_id {pairs[0][1].client_id!r} in both answers ({len(pairs)} such pairs)",
            exchanges=pairs[0],
            case=case,
        )


def _is_uuid(provider_id: str) -> bool:
    try:
        return str(uuid.UUID(provider_id)) == provider_id
    except ValueError:
        return False


@pytest.mark.whole_history
@pytest.mark.usefixtures("traffic")
@pytest.mark.rules("MSG-16")
def test_answers_come_in_time(run: Run, judge: Judge) -> None:
    """Every request that no fault held up is answered, and within the OPERATOR's timeout."""
    limit = run.route.timeout
    sent = [
        exchange
        for exchange in run.while_there()
        if exchange.direction is Direction.TO_CLIENT and exchange.provider == OPERATOR and not exchange.faulty
    ]
    cut_off = [one for one in sent if answers.cut_off(one)]
    # Once may be a CLIENT that was started again.
    again = len({(exchange.scenario, exchange.race) for exchange in cut_off}) > 1
    slow = [exchange for exchange in sent if answers.late(exchange, limit)]
    if slow and run.gone_after is None and not answers.again(run, slow, limit):
        first = f"the answer to one {slow[0].label} took {answers.took(slow[0])}"
        judge.note("MSG-16", f"{first}; sent again, it came within {limit:g} s: was a machine busy?")
        slow = []
    found = ((one.title, one, answers.took(one)) for one in slow + cut_off * again)
    answers.blame(judge, "MSG-16", f"an answer within {limit:g} s", found)
