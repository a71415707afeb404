"""Amounts that are spelled otherwise, malformed, negative or missing.

Story: an amount is text until somebody turns it into money, and lax parsers turn anything into money.
Invariant: what is moved is exactly what was written, or nothing. Limits: amounts that are no numbers can
turn a balance into something that is none either, for good, so those scenarios run after all others;
answers are judged even then.
"""

from collections.abc import Sequence
from functools import partial

import pytest

from scenarios.cases import kinds
from scenarios.cases.at_once import Chain, behind, each_holds
from scenarios.cases.batch import STEP, Action, Batch
from scenarios.contract import Level
from scenarios.generated.families import amounts
from scenarios.generated.families.family import Case, Cases
from scenarios.operator.messages.forgeries import bend
from scenarios.run.findings import observed_in
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

    def undone(original: Exchange, units: int) -> list[Exchange]:
        back = operator.undo(original, amount=-player.money(units))
        return [original, bend(operator, back, label="negative rollback")]

    chains = [Chain(partial(alone, action=action), case=action) for action in kinds.WAGERS]
    chains += [
        behind(partial(kinds.done, action, operator, player), undone, case=f"rollback of a {action}")
        for action in kinds.WAGERS
    ]
    each_holds("MSG-08", judge, player, chains)


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
    refused: dict[str, bool] = {}

    def opened(_: int, action: kinds.Action) -> object:
        """Some CLIENTs pay a result only where a bet is open; that is not the matter here."""
        return operator.bet(player, player.money(STEP)) if action == "result" else ()

    def spelled(units: int, action: kinds.Action, text: str) -> list[Exchange]:
        opened(units, action)
        message = operator.transaction(action, player, player.money(units))
        return [operator.send(message, style=Style(raw={"amount": text}))]

    def answers(sent: Sequence[Exchange], case: str) -> None:
        expected, seen = "it is understood or refused", said(sent[0])
        judge.holds(
            "MSG-12",
            not sent[0].unknown,
            expected=expected,
            seen=seen,
            exchanges=sent,
            case=case,
            observed=observed_in(sent[0]),
        )
        refused[case] = sent[0].refused

    # What is wrong with a spelling is wrong with it in bets and in results, and would make up for one another.
    for action in kinds.WAGERS:
        chains = [
            Chain(
                partial(spelled, action=action, text=text),
                answers,
                player.units(meant),
                f"{action} of {text}",
                partial(opened, action=action),
            )
            for text, meant in forms
        ]
        each_holds("MSG-12", judge, player, chains, level=Level.MUST)
    if any(refused.values()):
        judge.note("MSG-12", "refused: " + ", ".join(case for case, reported in refused.items() if reported))


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


@pytest.mark.last(2)
@pytest.mark.rules("MSG-07")
def test_a_malformed_amount_is_refused(operator: Verbs, player: Player, judge: Judge, cases: Cases) -> None:
    """What is no number is no amount: it is refused, and moves nothing."""
    _refused(cases(amounts.malformed()), Batch("MSG-07", judge, operator, player, blindly=True))


@pytest.mark.last(3)
@pytest.mark.rules("MSG-07")
def test_a_poisonous_amount_is_refused(operator: Verbs, player: Player, judge: Judge, cases: Cases) -> None:
    """What is no finite number of a sensible length is no amount: it is refused, and moves nothing."""
    few = len(_ACTIONS)
    _refused(cases(amounts.poisonous()), Batch("MSG-07", judge, operator, player, blindly=True, few=few))


def _refused(spelled: Sequence[Case[str]], batch: Batch) -> None:
    for member in spelled:
        for action in _ACTIONS:
            style = Style(raw={"amount": member.value})
            case = f"{action} with amount {member.name}"
            batch.refused(action, case, partial(_bent, batch.operator, style=style))
    batch.settle()
