"""Bad input: what is no proper callback is refused, moves nothing, and stops nobody.

Story: providers change their software too, and one malformed request must not become money or an outage.
Invariant: a rightly signed body that is not the documented message has no effect. Limits: amounts are
judged in a file of their own, ids too; answers to other methods than POST and to huge bodies may come from
a proxy, so their form is free.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Literal

import pytest

from scenarios.cases.at_once import Chain, behind, each_holds
from scenarios.cases.batch import ACTIONS, Action, Batch
from scenarios.cases.kinds import WAGERS, done
from scenarios.generated.families import bodies
from scenarios.generated.families.family import Cases
from scenarios.operator.messages.forgeries import CLOSE, HUGE, bend, raw, read_loosely
from scenarios.oracles.plain_faults import BET, BET_UNDONE
from scenarios.run.judge import Judge, said
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, FailureKind
from simulators.operator.dialect import ROLLBACK_PATH, SPORTSBOOK, TRANSACTION_PATH
from simulators.values.decimal_json import quoted
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.transactions import Transaction

pytestmark = pytest.mark.needs("probe")

# JSON texts of other types than the document gives a field; "%" is the text that the field has by rights, quoted.
_ANY_TYPE = ("true", "[]", "{}", "[%]", '{"value":%}')
_WRONG_TYPES = {
    "transaction_id": ("17", *_ANY_TYPE),
    "rollback_transaction_id": ("17", *_ANY_TYPE),
    "action": ("1", *_ANY_TYPE),
    "currency": ("978", *_ANY_TYPE),
}


def _wrong_players(player: Player, loosely: bool) -> tuple[str, ...]:
    """The same for ``user_id``: what can mean ``player`` and nobody else, unless players' ids are read ``loosely``."""
    # A number or a truth value may be the id of somebody else.
    number = (player.id,) if player.id.isascii() and player.id.isdigit() and player.id[0] != "0" else ()
    return (*(() if loosely else (*number, "[%]")), '{"id":%}', "[]", "{}")


def _spoiled(action: Action, players: Sequence[str]) -> Iterator[tuple[str, str, str | None]]:
    """Each required field of ``action`` missing (None), null and of another type, with a case to name it by."""
    for field, texts in {**_WRONG_TYPES, "user_id": players}.items():
        if field == "rollback_transaction_id" and action != "rollback":
            continue
        yield f"{action} without {field}", field, None
        for text in ("null", *texts):
            yield f"{action} with {field} {text.replace('%', 'its text')}", field, text


def _spoil(operator: Verbs, message: Transaction, *, field: str, text: str | None) -> Exchange:
    if text is None:
        return _send(operator, message, style=Style(drop=frozenset({field})))
    own = {
        "transaction_id": message.id,
        "rollback_transaction_id": message.of or "",
        "action": str(message.kind),
        "currency": message.currency,
        "user_id": message.player,
    }
    return _send(operator, message, style=Style(raw={field: text.replace("%", quoted(own[field]))}))


@pytest.mark.rules("MSG-06")
def test_what_is_no_json_object_is_refused(
    operator: Verbs, player: Player, judge: Judge, cases: Cases
) -> None:
    """Bodies that are no JSON object, or are none yet, are refused at both endpoints."""
    balance = judge.fund(player, 1000)
    tried: list[tuple[str, Callable[[], Exchange]]] = []
    for message in (
        operator.transaction("result", player, player.money(10)),
        operator.undo(operator.new_id(), player, player.money(10)),
    ):
        body, path = operator.channel.request(message).body, SPORTSBOOK.path(message)
        for case in cases(bodies.no_objects()):
            send = partial(
                raw, operator, case.value(body), path, f"malformed body ({case.name})", headers=CLOSE
            )
            tried.append((f"{case.name} to {path}", send))
    sent = judge.together([send for _, send in tried])
    for (name, _), exchange in zip(tried, sent, strict=True):
        judge.refused("MSG-06", exchange, case=name)
    judge.balance("MSG-06", player, balance, *sent, case="bodies that are no JSON object")
    _still_serves("MSG-06", operator, player, judge)


@pytest.mark.rules("MSG-06")
def test_what_parsers_read_differently_moves_what_is_answered(
    operator: Verbs, player: Player, judge: Judge, cases: Cases
) -> None:
    """Bodies and addresses that one parser takes and another refuses are refused, or do exactly what they say."""
    batch = Batch("MSG-06", judge, operator, player)
    for action in ACTIONS:
        for body in cases(bodies.ambiguous()):
            send = partial(_in_other_bytes, operator, write=body.value, label=f"{action}: {body.name}")
            batch.wager(action, f"{action} with {body.name}", send, optional=True)
        for query in cases(bodies.queries()):
            send = partial(_with_query, operator, query=query.value, label=f"{action}{query.value}")
            batch.wager(action, f"{action} with {query.name} in the address", send, optional=True)
    batch.settle()
    _still_serves("MSG-06", operator, player, judge)


def _in_other_bytes(operator: Verbs, message: Transaction, *, write: bodies.Body, label: str) -> Exchange:
    dialect = operator.channel.dialect
    body = write(dialect.encode(message, PLAIN))
    return raw(operator, body, dialect.path(message), label, headers=CLOSE, meant=message)


def _with_query(operator: Verbs, message: Transaction, *, query: str, label: str) -> Exchange:
    path = operator.channel.dialect.path(message) + query
    return bend(operator, message, label=label, path=path, meant=message)


@pytest.mark.rules("MSG-06")
def test_another_content_type_is_refused(operator: Verbs, player: Player, judge: Judge, cases: Cases) -> None:
    """A body that is declared as something else than JSON is refused."""
    batch = Batch("MSG-06", judge, operator, player)
    for kind in cases(bodies.content_types()):
        for action in ACTIONS:
            case = f"{action} as {kind.name}"
            send = partial(_send, operator, headers={"Content-Type": kind.value, **CLOSE})
            batch.refused(action, case, send)
    batch.settle()


@pytest.mark.rules("MSG-06")
def test_spoiled_fields_are_refused(operator: Verbs, player: Player, judge: Judge) -> None:
    """Each required field missing, null or of another type is refused; then a genuine bet still works."""
    batch = Batch("MSG-06", judge, operator, player)
    players = _wrong_players(player, read_loosely("MSG-06", judge, operator, player))
    for action in ACTIONS:
        for case, field, text in _spoiled(action, players):
            batch.refused(action, case, partial(_spoil, operator, field=field, text=text))
    batch.settle()
    _still_serves("MSG-06", operator, player, judge)


def _send(
    operator: Verbs,
    message: Transaction,
    *,
    style: Style = PLAIN,
    headers: Mapping[str, str | None] | None = None,
    label: str | None = None,
    method: str = "POST",
) -> Exchange:
    return bend(operator, message, style, headers=headers, label=label, method=method)


def _still_serves(rule: str, operator: Verbs, player: Player, judge: Judge) -> None:
    judge.fund(player, 100)
    judge.accepted(rule, operator.bet(player, player.unit), case="the service keeps serving")


@pytest.mark.rules("MSG-09")
def test_an_unknown_action_is_refused(operator: Verbs, player: Player, judge: Judge) -> None:
    """Words that the documents do not name are no action, on neither endpoint."""
    batch = Batch("MSG-09", judge, operator, player)
    words: dict[Action, tuple[str, ...]] = {
        "result": ("deposit", "withdraw", "win", "bonus", ""),
        "rollback": ("refund", ""),
    }
    for base, unknown_words in words.items():
        for word in unknown_words:
            case = f"action {word!r} to {ROLLBACK_PATH if base == 'rollback' else TRANSACTION_PATH}"
            style = Style(raw={"action": f'"{word}"'})
            batch.refused(base, case, partial(_send, operator, style=style, label="unknown action"))
    batch.settle()


@pytest.mark.rules("MSG-10")
def test_endpoints_are_not_interchangeable(operator: Verbs, player: Player, judge: Judge) -> None:
    """A rollback on /transaction, a bet or result on /transaction-rollback: no money, whatever the answer."""

    def misplaced(opening: Exchange, units: int, action: Action, names: bool) -> list[Exchange]:
        if action == "rollback":
            sent = bend(operator, operator.undo(opening), label="rollback", path=TRANSACTION_PATH)
        else:
            style = Style(raw={"rollback_transaction_id": f'"{opening.message.id}"'}) if names else PLAIN
            message = operator.transaction(action, player, player.money(2 * units))
            sent = bend(operator, message, style, label=action, path=ROLLBACK_PATH)
        return [opening, sent]

    misplacing: dict[str, tuple[Action, bool]] = {
        "rollback on /transaction": ("rollback", False),
        "bet on /transaction-rollback": ("bet", False),
        "result on /transaction-rollback": ("result", False),
        "bet that names another one on /transaction-rollback": ("bet", True),
    }
    chains = [
        behind(
            partial(done, BET, operator, player), partial(misplaced, action=action, names=names), case=case
        )
        for case, (action, names) in misplacing.items()
    ]
    each_holds("MSG-10", judge, player, chains, unless="the bet that was to be rolled back was refused")


@pytest.mark.rules("MSG-11")
def test_unknown_fields_are_ignored(operator: Verbs, player: Player, judge: Judge) -> None:
    """A bet, a result and a rollback with fields that nobody knows yet do what they would do without them."""
    added = Style(
        raw={"round": '"r-1"', "promotion": "null", "odds": "1.85", "slip": '{"legs":[{"event":"e-1"}]}'}
    )

    def wager(units: int, action: Literal["bet", "result"]) -> list[Exchange]:
        return [operator.send(operator.transaction(action, player, player.money(units)), style=added)]

    def undone(units: int) -> list[Exchange] | None:
        bet = operator.bet(player, player.money(units), style=added)
        return [bet, operator.rollback(bet, style=added)] if bet.ok else None

    # Compared with a rollback without them, whose own effect is another rule's matter.
    def plain(units: int) -> Exchange | None:
        return done(BET_UNDONE, operator, player, units)

    def accepted(exchanges: Sequence[Exchange], case: str) -> None:
        judge.accepted("MSG-11", exchanges[-1], case=case)

    wagers = [Chain(partial(wager, action=action), accepted, case=action) for action in WAGERS]
    chains = [*wagers, Chain(undone, accepted, case="rollback", base=plain)]
    each_holds("MSG-11", judge, player, chains)


@pytest.mark.last(2)
@pytest.mark.rules("MSG-14")
def test_a_huge_body_is_answered(operator: Verbs, player: Player, judge: Judge) -> None:
    """A bet in a body of 1 MB is refused or handled right within the timeout, and bets are served after it."""
    padded = Style(raw={"padding": '"' + "x" * HUGE + '"'})
    batch = Batch("MSG-14", judge, operator, player)
    send = partial(_send, operator, style=padded, headers=CLOSE, label="bet in a body of 1 MB")
    batch.wager("bet", "a bet in a body of 1 MB", send, then=partial(_not_kept_waiting, judge), optional=True)
    batch.settle()
    _still_serves("MSG-14", operator, player, judge)


def _not_kept_waiting(judge: Judge, huge: Exchange) -> None:
    # Hanging up on the sender is a way of refusing, too; keeping it waiting is none.
    judge.holds(
        "MSG-14",
        huge.failure is None or huge.failure.kind is not FailureKind.TIMEOUT,
        expected="an answer within the timeout",
        seen=said(huge),
        exchanges=[huge],
    )


@pytest.mark.rules("MSG-15")
def test_other_methods_move_no_money(operator: Verbs, player: Player, judge: Judge) -> None:
    """GET, PUT and DELETE with a genuine, rightly signed body have no effect."""
    batch = Batch("MSG-15", judge, operator, player)
    for method in ("GET", "PUT", "DELETE"):
        for action in ACTIONS:
            case = f"{method} of a {action}"
            batch.wager(
                action,
                case,
                partial(_send, operator, headers=CLOSE, label=f"{action} by {method}", method=method),
            )
    batch.settle()
    judge.holds("MSG-15", True, expected="", seen="")
