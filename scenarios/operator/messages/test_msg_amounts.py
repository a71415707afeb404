"""Amounts that are spelled otherwise, malformed, negative or missing.

Story: an amount is text until somebody turns it into money, and lax parsers turn anything into money.
Invariant: what is moved is exactly what was written, or nothing. Limits: amounts that are no numbers can
turn a balance into something that is none either, for good, so those scenarios run after all others;
answers are judged even then.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import pytest

from scenarios.cases import kinds
from scenarios.cases.at_once import Chain, all_hold
from scenarios.cases.batch import MOST, STEP, Action, Batch, look
from scenarios.contract import Level
from scenarios.generated.families import amounts
from scenarios.generated.families.family import Cases
from scenarios.operator.messages.forgeries import bend
from scenarios.run.judge import Judge, said
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.values import money
from simulators.wallet.codec import Style
from simulators.wallet.transactions import Transaction

pytestmark = pytest.mark.needs("probe")

# Results last: they do the most harm to a balance.
_ACTIONS: tuple[Action, ...] = ("bet", "rollback", "result")


def _bent(operator: Verbs, message: Transaction, *, style: Style) -> Exchange:
    return bend(operator, message, style)


@pytest.mark.rules("MSG-08")
def test_a_negative_amount_moves_nothing(operator: Verbs, player: Player, judge: Judge) -> None:
    """A bet, a result or a rollback below zero moves no money, in neither direction."""

    def alone(units: int, action: kinds.Action) -> list[Exchange]:
        message = operator.transaction(action, player, -player.money(units))
        return [bend(operator, message, label=f"negative {action}")]

    def undone(units: int, action: kinds.Action) -> list[Exchange] | None:
        original = operator.send(operator.transaction(action, player, player.money(units)))
        back = operator.undo(original, amount=-player.money(units))
        return [original, bend(operator, back, label="negative rollback")] if original.ok else None

    chains = [Chain(partial(send, action=action)) for send in (alone, undone) for action in kinds.WAGERS]
    if all_hold("MSG-08", judge, player, chains):
        return
    balance = judge.fund(player, 5000)
    amount = player.money(300)
    for action in kinds.WAGERS:
        sent = bend(operator, operator.transaction(action, player, -amount), label=f"negative {action}")
        balance = judge.balance("MSG-08", player, balance, sent, case=action)
    for action in kinds.WAGERS:
        original = operator.send(operator.transaction(action, player, amount))
        judge.needs(original.ok, f"the {action} that was to be rolled back was refused")
        balance = look(judge, player, balance + (amount if action == "result" else -amount))
        sent = bend(operator, operator.undo(original, amount=-amount), label="negative rollback")
        balance = judge.balance("MSG-08", player, balance, sent, case=f"rollback of a {action}")


@pytest.mark.rules("MSG-08")
def test_a_negative_amount_in_any_form_moves_nothing(
    operator: Verbs, player: Player, judge: Judge, cases: Cases
) -> None:
    """However a number below zero is written, it moves nothing."""
    batch = Batch("MSG-08", judge, operator, player)
    for form in cases(amounts.negative_forms()):
        for action in _ACTIONS:
            send = partial(_negative, operator, form=form.value)
            batch.wager(action, f"{action} of {form.name}", send)
    batch.settle()
    judge.holds("MSG-08", True, expected="", seen="")


def _negative(operator: Verbs, message: Transaction, *, form: str) -> Exchange:
    text = form.format(money.plain(message.amount))
    return bend(operator, message, Style(raw={"amount": text}), label=f"negative {message.kind}")


@pytest.mark.last(2)
@pytest.mark.rules("MSG-12")
def test_other_spellings_mean_the_same(operator: Verbs, player: Player, judge: Judge, cases: Cases) -> None:
    """As string or number, with a zero more or an exponent, an amount moves that amount or nothing."""
    amount = player.money(1050)
    own = operator.channel.dialect.encode(operator.transaction("bet", player, amount)).decode()
    # The form that was agreed on is no other spelling.
    forms = [case.value for case in cases(amounts.spellings(amount)) if f":{case.value[0]}}}" not in own]
    refused: list[str] = []

    def spelled(units: int, action: kinds.Action, text: str) -> list[Exchange]:
        if action == "result":
            # Some CLIENTs pay a result only where a bet is open; that is not the matter here.
            operator.bet(player, player.money(STEP))
        message = operator.transaction(action, player, player.money(units))
        return [operator.send(message, style=Style(raw={"amount": text}))]

    def answers(sent: Sequence[Exchange], case: str) -> None:
        judge.holds("MSG-12", not sent[0].unknown, expected="", seen="")
        if sent[0].refused:
            refused.append(case)

    # What is wrong with a spelling is wrong with it in bets and in results, and would make up for one another.
    if not all(
        all_hold(
            "MSG-12",
            judge,
            player,
            [
                Chain(
                    partial(spelled, action=action, text=text),
                    partial(answers, case=f"{action} of {text}"),
                    player.units(meant),
                )
                for text, meant in forms
            ],
        )
        for action in kinds.WAGERS
    ):
        refused[:] = _spelled_one_by_one(operator, judge, player, forms)
    if refused:
        judge.note("MSG-12", "refused: " + ", ".join(refused))


def _spelled_one_by_one(
    operator: Verbs, judge: Judge, player: Player, forms: Sequence[tuple[str, Decimal]]
) -> list[str]:
    """Judge bets and results of amounts in each of ``forms``; return which are refused."""
    balance = judge.fund(player, 10_000)
    refused = []
    for text, meant in forms:
        for action in kinds.WAGERS:
            if action == "result":
                stake = operator.bet(player, player.money(STEP))
                balance = look(judge, player, balance - stake.message.amount)
            message = operator.transaction(action, player, meant)
            sent = operator.send(message, style=Style(raw={"amount": text}))
            case = f"{action} of {text}"
            if sent.unknown:
                balance = _crashed(judge, player, balance, sent, case)
                continue
            moved = meant if sent.ok else Decimal(0)
            expected = balance + (moved if action == "result" else -moved)
            balance = judge.balance("MSG-12", player, expected, sent, case=case, level=Level.MUST)
            if sent.refused:
                refused.append(case)
    return refused


def _crashed(judge: Judge, player: Player, balance: Decimal, sent: Exchange, case: str) -> Decimal:
    judge.holds(
        "MSG-12",
        False,
        expected="it is understood or refused",
        seen=said(sent),
        exchanges=[sent],
        case=case,
    )
    return look(judge, player, balance)


@pytest.mark.last(2)
@pytest.mark.rules("MSG-06")
def test_a_message_without_an_amount_is_refused(operator: Verbs, player: Player, judge: Judge) -> None:
    """A required amount that is missing or null is refused, and moves nothing."""
    batch = Batch("MSG-06", judge, operator, player, blindly=True)
    for action in _ACTIONS:
        for how, style in {
            "without": Style(drop=frozenset({"amount"})),
            "with a null": Style(raw={"amount": "null"}),
        }.items():
            case = f"{action} {how} amount"
            batch.refused(action, case, partial(_bent, operator, style=style))
    batch.settle()


@pytest.mark.last(3)
@pytest.mark.rules("MSG-07")
def test_a_malformed_amount_is_refused(operator: Verbs, player: Player, judge: Judge, cases: Cases) -> None:
    """What is no finite number of a sensible length is no amount: it is refused, and moves nothing."""
    for family, few in ((amounts.malformed(), MOST), (amounts.poisonous(), len(_ACTIONS))):
        batch = Batch("MSG-07", judge, operator, player, blindly=True, few=few)
        for member in cases(family):
            for action in _ACTIONS:
                case = f"{action} with amount {member.name}"
                style = Style(raw={"amount": member.value})
                batch.refused(action, case, partial(_bent, operator, style=style))
        batch.settle()
