"""Bets that a CLIENT refuses for a limit of its own: of the player, or of single bets. It may; no rule is broken so."""

from collections.abc import Iterable

from scenarios.run.run import Run
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Declined, WagersProbe, reason
from scenarios.wallet.stake_limit import bets_nothing, largest_bet
from simulators.exchanges.history import Exchange
from simulators.wallet.transactions import Kind, Transaction


def limited(run: Run, exchanges: Iterable[Exchange]) -> str:
    """What limit explains that a bet of ``exchanges`` was refused; "" where none does.

    It is looked for where the reason is none that is given for missing funds. Raises Declined where the player may
    place no bet at all.
    """
    for one in exchanges:
        message = one.message
        if not one.refused or not isinstance(message, Transaction) or message.kind is not Kind.BET:
            continue
        player = _player(run, message)
        if player is None or not one.genuine or one.copy_of is not None or not _unusual(run, one):
            continue
        if bets_nothing(run.verbs, player, reason(one)):
            raise Declined(
                f"a bet was refused with {reason(one)!r}, and a covered one of {player.show(player.unit)} after it: "
                "the CLIENT refuses bets for another reason than missing funds (a limit of the player?)"
            )
        return limit_of_bets(run, player, player.units(message.amount))
    return ""


def limit_of_bets(run: Run, player: Player, units: int) -> str:
    """Why no single bet of ``units`` smallest units is taken, covered as it may be; "" where it is, or was before."""
    if any(one.ok and one.genuine and _is_bet_of(one.message, player, units) for one in run.history.since(0)):
        return ""
    tried = largest_bet(run.verbs, player, units)
    if tried is None:
        return ""
    largest, least = (player.show(player.money(one)) for one in tried)
    return (
        f"a bet of {player.show(player.money(units))} cannot be tried: single bets seem to be limited here, "
        f"{largest} was taken and {least} was not"
    )


def _is_bet_of(message: object, player: Player, units: int) -> bool:
    """Whether ``message`` is a bet by ``player`` of so many smallest units at least."""
    return (
        isinstance(message, Transaction)
        and message.kind is Kind.BET
        and (message.player, message.currency) == (player.id, player.currency)
        and message.amount >= player.money(units)
    )


def _player(run: Run, message: Transaction) -> Player | None:
    named = (message.player, message.currency)
    return next((one for one in (*run.players, *run.other_players) if (one.id, one.currency) == named), None)


def _unusual(run: Run, refused: Exchange) -> bool:
    """Whether the reason of ``refused`` is none that is given for missing funds."""
    if not isinstance(run.probe, WagersProbe):
        return refused.error != run.channel.dialect.insufficient_funds
    return bool(run.probe.reasons) and reason(refused) not in run.probe.reasons
