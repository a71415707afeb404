"""How a run begins: the target is reached, and it is found out how its players' balances can be read."""

import contextlib
from copy import copy
from dataclasses import replace
from decimal import Decimal

from scenarios.oracles.plain_faults import PlainFaults
from scenarios.problems.errors import TargetProblem
from scenarios.run.guard import TargetGone
from scenarios.run.planning.cost import round_trip, turn
from scenarios.run.run import Run
from scenarios.wallet.call_probe import CallProbe
from scenarios.wallet.driver_probe import DriverProbe, TakenAtItsWord
from scenarios.wallet.noticed import Noticed
from scenarios.wallet.player import Player
from scenarios.wallet.probe_self_test import Diagnosis, diagnose, try_call
from scenarios.wallet.probes import Unreadable, WagersProbe
from simulators.exchanges.history import Exchange
from simulators.values import money


def begin(run: Run) -> None:
    """Reach the target, then find out whether balances can be read at all. Raises TargetProblem."""
    if not run.reach.started:
        run.reach.begin()
    if run.settings.target.operator is None:
        return
    if run.reach.coarse is not None:
        for player in (*run.players, *run.other_players):
            player.coarse = max(1, int(run.reach.coarse / money.unit(player.currency)))
        run.warn(run.reach.coarse_words)
    if isinstance(run.probe, WagersProbe):
        with run.guard.without_limit():
            _try_wagers(run, run.probe, run.players[0], run.reach.declined)
    run.round_trip, run.turn = round_trip(run.history), turn([*run.history])


def _try_wagers(run: Run, probe: WagersProbe, player: Player, declined: Exchange | None) -> None:
    """Find out whether ``probe`` can be trusted here; where not, the driver reads balances, if it can."""
    run.restoring.lend(player)
    opening = None
    if run.driver.has("balance"):
        other = DriverProbe(run.verbs, run.driver, run.driver.kind("balance"))
        with contextlib.suppress(Unreadable):
            opening = other.read(player, Decimal(0)).amount
    try:
        run.diagnosis = _diagnosed(run, probe, player)
    except TargetGone as gone:
        raise TargetProblem(
            f"the target accepted the first wager and then stopped answering: {gone}",
            "answers to a few dozen bets and results, one after the other",
            "read the CLIENT's log, and start it again",
        ) from gone
    if declined is not None and player.owned is not None and player.owned >= 0:
        expected, said = "a covered bet is accepted", f"error {declined.error!r}"
        run.noticed.append(Noticed("BET-01", expected, said, (declined.number,), player.unit, once=True))
    if isinstance(probe, CallProbe) and not run.diagnosis.why:
        _try_call(run, probe, player)
    if run.diagnosis.why and opening is not None:
        run.probe, run.diagnosis, run.suspicion = other, Diagnosis(), run.diagnosis
        player.touched, player.opening = True, opening
        run.warn("balances are read through the driver, as wagers do not show them here")
    elif run.diagnosis.takes_all:
        # What was sent and answered says what is to be put back.
        run.probe, run.at_its_word, player.touched = TakenAtItsWord(), True, False


def _try_call(run: Run, probe: CallProbe, player: Player) -> None:
    try:
        try_call(probe, player)
    except TargetGone:
        run.guard.wait_return()
    if not probe.trusted:
        run.warn("balances are read through wagers, as the balance call reports others (BAL-02)")


def _diagnosed(run: Run, probe: WagersProbe, player: Player) -> Diagnosis:
    try:
        return diagnose(probe, player)
    except TargetGone:
        run.guard.wait_return()
        run.restoring.lend(player)
        return diagnose(probe, player)


def in_currency(run: Run, code: str) -> Run:
    """``run`` as scenarios see it that judge once more in the currency ``code``, whose players alone they see.

    Finds out whether balances can be read in that currency, unless they cannot in any. Raises TargetProblem.
    """
    assert run.restoring is not None
    other = copy(run)
    other.players = [player for player in run.further_players if player.currency == code]
    other.noticed, other.plain_faults = [], PlainFaults()
    other.verbs = replace(run.verbs, noticed=other.noticed)
    if isinstance(run.probe, WagersProbe) and not run.diagnosis.why:
        other.probe = run.probe.over(other.verbs)
        with run.guard.without_limit():
            _try_wagers(other, other.probe, other.players[0], None)
        run.probes[code] = other.probe
    return other
