"""Authenticity: only what carries the hash of its own bytes moves money, and all of that does.

Story: callbacks cross the open internet, and whoever gets one forged result accepted can credit any player.
Invariant: a request is carried out if and only if its header is the HMAC-SHA256 of the raw body. Limits:
whether the comparison takes constant time is not measured; a wrong hash is tried in the ways listed, not in
all.
"""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

import pytest

from scenarios.cases import kinds
from scenarios.cases.at_once import Chain, each_holds
from scenarios.cases.batch import ACTIONS, Action, Batch
from scenarios.generated.families import forgeries
from scenarios.generated.families.family import Cases
from scenarios.operator.messages.forgeries import forge, same_answer
from scenarios.oracles.plain_faults import BET_UNDONE
from scenarios.run.judge import Judge
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, Purpose, header
from simulators.operator.delivery import Operator
from simulators.operator.dialect import HASH_HEADER, ROLLBACK_PATH, SPORTSBOOK, TRANSACTION_PATH
from simulators.values import money
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.transactions import Transaction

pytestmark = pytest.mark.needs("probe")


def _overheard(channel: Operator) -> str:
    """The hash of the last genuine request, which anybody on its way may have read."""
    sent = channel.route.history.since(0)
    request = next(exchange.request for exchange in reversed(sent) if exchange.genuine)
    return header(request.headers, HASH_HEADER) or ""


_WRONG = ("random hex", "no header")
RANDOM_HEX = forgeries.wrong_hashes().members[0].value


def _forged(
    operator: Verbs, message: Transaction, *, wrong: forgeries.Hash, rng: Random, inside: bool = False
) -> Exchange:
    """Send ``message`` under a ``wrong`` hash, as if from the ``inside`` of the CLIENT's network."""
    channel = operator.channel
    body = channel.request(message).body
    forger = forgeries.Forger(
        body, channel.secret, SPORTSBOOK.sign(body, channel.secret), _overheard(channel), rng
    )
    return forge(operator, message, wrong(forger), forgeries.FROM_INSIDE if inside else {})


def _wrong(operator: Verbs, message: Transaction, how: str, rng: Random) -> Exchange:
    """Send ``message`` under a hash that is ``how`` wrong."""
    if how == "no header":
        return forge(operator, message, None)
    return _forged(operator, message, wrong=RANDOM_HEX, rng=rng)


def _own(rng: Random) -> Random:
    """Chance of one request's own: what goes out together draws in no order."""
    return Random(rng.getrandbits(64))


def _rollbacks_checked(operator: Verbs, player: Player, rng: Random) -> bool:
    """Whether the rollback endpoint looks at hashes at all; where it does not, that is SIG-08's to tell."""
    orphan = operator.undo(operator.new_id(), player, player.unit)
    return _forged(operator, orphan, wrong=RANDOM_HEX, rng=rng).refused


@pytest.mark.rules("SIG-01")
def test_a_right_hash_is_accepted(operator: Verbs, player: Player, judge: Judge) -> None:
    """Bets, results and rollbacks under the right hash are accepted, whatever digits it begins with."""
    judge.fund(player, 1000)
    bet = operator.bet(player, player.money(100))
    judge.accepted("SIG-01", bet)
    cases: dict[str, Callable[[], Exchange]] = {
        f"a hash that begins with {zeros}": partial(
            operator.send, _bet_whose_hash_begins_with(zeros, operator, player)
        )
        for zeros in ("0", "00")
    }
    cases["Content-Type with a charset"] = partial(
        _bet_under, {"Content-Type": "application/json; charset=utf-8"}, operator, player
    )
    if bet.ok:
        cases[""] = partial(operator.result, player, player.money(50))
    for case, sent in zip(cases, judge.together([*cases.values()]), strict=True):
        judge.accepted("SIG-01", sent, case=case)


@pytest.mark.rules("SIG-01")
def test_a_right_hash_of_a_rollback_is_accepted(
    operator: Verbs, player: Player, judge: Judge, rng: Random
) -> None:
    """A rollback under the right hash is not answered like a forgery."""
    balance = judge.fund(player, 1000)
    bet = operator.bet(player, player.money(100))
    judge.needs(bet.ok, "the bet that was to be rolled back was refused", bet)
    rollback = operator.rollback(bet)
    unaffordable = operator.bet(player, balance + player.unit)
    forged = _forged(
        operator, operator.undo(operator.new_id(), player, player.unit), wrong=RANDOM_HEX, rng=rng
    )
    # Rollbacks are refused for other reasons too; only the answer that forgeries alone get tells of the hash.
    judge.holds(
        "SIG-01",
        not same_answer(rollback, forged) or same_answer(unaffordable, forged),
        expected="the rollback is not taken for a forgery",
        seen=f"the same refusal as a forged one: {rollback.error!r}",
        exchanges=[rollback, forged],
        case="rollback",
    )


def _bet_under(headers: dict[str, str], operator: Verbs, player: Player, name: str = HASH_HEADER) -> Exchange:
    """Bet a unit under ``headers``, and under the right hash in the one of that ``name``."""
    message = operator.transaction("bet", player, player.unit)
    body = operator.channel.request(message).body
    bet = operator.channel.send_raw(
        body,
        path=SPORTSBOOK.path(message),
        headers={name: SPORTSBOOK.sign(body, operator.channel.secret), **headers},
        label="bet",
        purpose=Purpose.SCENARIO,
        message=message,
        genuine=True,
    )
    return operator.watched(bet)


def _bet_whose_hash_begins_with(zeros: str, operator: Verbs, player: Player) -> Transaction:
    while True:
        message = operator.transaction("bet", player, player.unit)
        body = operator.channel.request(message).body
        if SPORTSBOOK.sign(body, operator.channel.secret).startswith(zeros):
            return message


@pytest.mark.rules("SIG-02")
def test_a_wrong_hash_is_refused(
    operator: Verbs, player: Player, judge: Judge, rng: Random, cases: Cases
) -> None:
    """A forged bet or result is refused and moves nothing, however the hash is wrong."""
    batch = Batch("SIG-02", judge, operator, player)
    for how in cases(forgeries.wrong_hashes()):
        for action in kinds.WAGERS:
            case = f"a forged {action} ({how.name})"
            batch.refused(action, case, partial(_forged, operator, wrong=how.value, rng=_own(rng)))
    for action in kinds.WAGERS:
        case = f"a forged {action} (random hex, with headers that proxies set of their own requests)"
        batch.refused(action, case, partial(_forged, operator, wrong=RANDOM_HEX, rng=_own(rng), inside=True))
    batch.settle()


@pytest.mark.rules("SIG-02")
def test_a_wrong_hash_of_a_rollback_is_refused(
    operator: Verbs, player: Player, judge: Judge, rng: Random, cases: Cases
) -> None:
    """A forged rollback is refused and pays nothing, where that endpoint looks at hashes at all."""
    if not _rollbacks_checked(operator, player, rng):
        return
    batch = Batch("SIG-02", judge, operator, player)
    for how in cases(forgeries.wrong_hashes()):
        case = f"a forged rollback ({how.name})"
        batch.refused("rollback", case, partial(_forged, operator, wrong=how.value, rng=_own(rng)))
    batch.settle()


@pytest.mark.rules("SIG-02")
def test_a_forged_copy_is_refused(operator: Verbs, player: Player, judge: Judge, rng: Random) -> None:
    """What was handled already is refused like anything else where its hash is wrong."""
    judge.fund(player, 1000)
    bet = operator.bet(player, player.money(100))
    firsts = [bet, operator.result(player, player.money(50))]
    if bet.ok and _rollbacks_checked(operator, player, rng):
        firsts.append(operator.rollback(bet))
    for first in firsts:
        if first.ok:
            forged = _forged(operator, first.message, wrong=RANDOM_HEX, rng=rng)
            judge.refused("SIG-02", forged, case=f"a forged copy of a {first.title}")


@pytest.mark.rules("SIG-03")
def test_a_missing_header_is_refused(operator: Verbs, player: Player, judge: Judge, rng: Random) -> None:
    """Without the header nothing is carried out."""
    actions: list[Action] = [*kinds.WAGERS]
    if _rollbacks_checked(operator, player, rng):
        actions.append("rollback")
    batch = Batch("SIG-03", judge, operator, player)
    for action in actions:
        batch.refused(action, f"a {action} without a hash", lambda message: forge(operator, message, None))
    batch.settle()


@pytest.mark.rules("SIG-04")
def test_the_hash_is_over_the_bytes_received(operator: Verbs, player: Player, judge: Judge) -> None:
    """The same bet spelled with blanks, in another order of keys, or with escapes is as genuine."""
    judge.fund(player, 5000)
    reverse = ("amount", "currency", "user_id", "action", "transaction_id")
    bet = partial(operator.bet, player, player.money(100))
    accented = [f"é{operator.new_id()}" for _ in range(2)]
    blanks, other_order, raw, escaped, plain, spaced = judge.together(
        [
            partial(bet, style=Style(spaces=True)),
            partial(bet, style=Style(order=reverse)),
            partial(bet, id=accented[0]),
            partial(bet, id=accented[1], style=Style(escape=True)),
            *(
                partial(operator.rollback, operator.new_id(), player, player.unit, style=style)
                for style in (PLAIN, Style(spaces=True))
            ),
        ]
    )
    judge.accepted("SIG-04", blanks, case="spaces and newlines")
    judge.accepted("SIG-04", other_order, case="another key order")
    # A CLIENT that refuses such ids in either spelling has another reason than the hash.
    if raw.ok or escaped.ok:
        judge.accepted("SIG-04", raw, case="raw UTF-8 in an id")
        judge.accepted("SIG-04", escaped, case="\\u00e9 in an id")
    if plain.ok:
        judge.accepted("SIG-04", spaced, case="rollback, spaces and newlines")


@pytest.mark.rules("SIG-04")
def test_the_hash_is_over_the_digits_received(
    operator: Verbs, player: Player, judge: Judge, rng: Random
) -> None:
    """An amount with a zero at its end is not taken for a forgery; whether it is understood is MSG-12."""
    balance = judge.fund(player, 5000)
    amount = player.money(1050)
    text = money.plain(amount)
    text += "0" if "." in text else ".0"
    spelled = text if operator.channel.dialect == SPORTSBOOK else f'"{text}"'
    bet = operator.bet(player, amount, style=Style(raw={"amount": spelled}))
    if bet.ok:
        return
    unaffordable = operator.bet(player, balance + player.unit)
    forged = _forged(operator, operator.transaction("bet", player, player.unit), wrong=RANDOM_HEX, rng=rng)
    judge.holds(
        "SIG-04",
        not same_answer(bet, forged) or same_answer(unaffordable, forged),
        expected=f"a bet of {text} is not taken for a forgery",
        seen=f"the same refusal as a forged one: {bet.error!r}",
        exchanges=[bet, forged],
        case=f"amount {text}",
    )


@pytest.mark.rules("SIG-05")
def test_a_forgery_does_not_poison_its_id(operator: Verbs, player: Player, judge: Judge, rng: Random) -> None:
    """After a refused forgery the genuine bet, result or rollback with the same id is carried out."""

    def forged_first(units: int, how: str, action: Action, chance: Random) -> list[Exchange] | None:
        # Some CLIENTs pay a result only where a bet is open; that is not the matter here.
        bet = operator.bet(player, player.money(units))
        if action == "rollback":
            if not bet.ok:
                return None
            message = operator.undo(bet)
        else:
            message = operator.transaction(action, player, player.money(units))
        forged = _wrong(operator, message, how, chance)
        return [forged, operator.send(message)] if forged.refused else None

    def plain(units: int, action: Action) -> Exchange | None:
        if action == "rollback":
            return kinds.done(BET_UNDONE, operator, player, units)
        return operator.bet(player, player.money(units))

    def answers(sent: Sequence[Exchange], case: str) -> None:
        judge.accepted("SIG-05", sent[1], case=case)

    chains = [
        Chain(
            partial(forged_first, how=how, action=action, chance=_own(rng)),
            answers,
            case=f"{action}, {how}",
            base=partial(plain, action=action),
        )
        for how in _WRONG
        for action in ACTIONS
    ]
    each_holds("SIG-05", judge, player, chains, unless="no forgery was refused")


@pytest.mark.rules("SIG-06")
def test_a_refused_forgery_is_answered_like_everything(
    operator: Verbs, player: Player, judge: Judge, rng: Random
) -> None:
    """A refusal for the hash is HTTP 200 with a non-null ``error``."""
    judge.fund(player, 100)
    cases: dict[str, Callable[[], Exchange]] = {}
    for action in ("result", "rollback"):
        for how in _WRONG:
            message = (
                operator.undo(operator.new_id(), player, player.unit)
                if action == "rollback"
                else operator.transaction("result", player, player.unit)
            )
            cases[f"{action}, {how}"] = partial(_wrong, operator, message, how, _own(rng))
    sent = dict(zip(cases, judge.together([*cases.values()]), strict=True))
    refused = {case: one for case, one in sent.items() if one.refused and one.answer is not None}
    judge.needs(refused, "no forgery was refused")
    for case, forged in refused.items():
        status = forged.answer.status if forged.answer is not None else None
        judge.holds(
            "SIG-06",
            status == 200 and forged.error is not None,
            expected="HTTP 200 with a non-null error",
            seen=f"HTTP {status}, error {forged.error!r}",
            exchanges=[forged],
            case=case,
        )


@pytest.mark.rules("SIG-07")
def test_the_header_name_has_no_case(operator: Verbs, player: Player, judge: Judge) -> None:
    """``x-security-hash`` is the same header, as proxies and HTTP/2 write it."""
    judge.fund(player, 100)
    names = (HASH_HEADER.lower(), HASH_HEADER.upper())
    bets = judge.together([partial(_bet_under, {}, operator, player, name) for name in names])
    for name, bet in zip(names, bets, strict=True):
        judge.accepted("SIG-07", bet, case=name)


@pytest.mark.rules("SIG-08")
def test_both_endpoints_check_the_hash(operator: Verbs, player: Player, judge: Judge, rng: Random) -> None:
    """A forged result is not paid at /transaction, nor a bet returned at /transaction-rollback."""
    batch = Batch("SIG-08", judge, operator, player)
    paths: dict[Action, str] = {"result": TRANSACTION_PATH, "rollback": ROLLBACK_PATH}
    for action, path in paths.items():
        batch.refused(action, path, partial(_forged, operator, wrong=RANDOM_HEX, rng=_own(rng)))
    batch.settle()
