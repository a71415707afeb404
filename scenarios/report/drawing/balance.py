"""The balance over a generated history, as report.json tells it: what the wallet model allows after each exchange."""

from collections.abc import Sequence
from functools import partial

from scenarios.contract import RULES
from scenarios.oracles.acceptable import acceptable
from scenarios.report.schema.report import BalanceCurve, BalancePoint
from scenarios.run.findings import ScenarioResult
from scenarios.run.run import Run
from simulators.exchanges.history import Exchange
from simulators.values import money
from simulators.wallet.transactions import Transaction

# So many exchanges are followed; a story has been made short before.
_FOLLOWED = 200


def balance_curve(run: Run, rule: str, result: ScenarioResult) -> BalanceCurve | None:
    """The curve of the story that broke ``rule``; None without a story, or where money moves by more than wagers.

    ``opening``, ``low``, ``high`` and ``seen`` are texts in the player's currency, ``at`` is seconds since the first
    exchange, ``seen`` null where the balance could not be read.
    """
    story, findings = result.stories.get(rule), result.of(rule)
    if story is None or not findings or RULES[rule].group != "INV":
        return None
    name, seen = story.reading or ("", None)
    exchanges = [run.history[number] for number in findings[-1].exchanges[:_FOLLOWED]]
    wagers = [exchange for exchange in exchanges if isinstance(exchange.message, Transaction)]
    name = name or next((exchange.message.player for exchange in wagers), "")
    player = next((one for one in (*run.players, *run.other_players) if one.id == name), None)
    # What others of the story did moves this balance only where something is wrong.
    wagers = [exchange for exchange in wagers if exchange.message.player == name]
    if player is None or not wagers:
        return None
    figure = partial(money.figure, currency=player.currency)
    opening = money.from_minor(story.opening, player.currency)
    points = []
    for place, exchange in enumerate(wagers, 1):
        allowed = acceptable(wagers[:place], player.id, opening, player.currency).balances
        points.append(
            BalancePoint(
                exchange=exchange.number,
                at=round(exchange.invoked - wagers[0].invoked, 6),
                label=_label(exchange, wagers),
                low=figure(min(allowed)),
                high=figure(max(allowed)),
            )
        )
    return BalanceCurve(
        player=run.redactor.text(player.id),
        currency=player.currency,
        opening=figure(opening),
        points=points,
        seen=None if seen is None else figure(seen),
    )


def _label(exchange: Exchange, wagers: Sequence[Exchange]) -> str:
    """A few words: what was sent, and its amount."""
    message = exchange.message
    again = exchange.copy_of is not None or any(
        one.message == message and one.number < exchange.number for one in wagers
    )
    words = f"{'copy of ' if again else ''}{message.kind} {money.figure(message.amount, message.currency)}"
    return words if exchange.ok else f"{words}, {exchange.effect}"
