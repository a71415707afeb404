"""Can balances be read through wagers at all? A fixed experiment before the first scenario.

The ``wagers`` probe stands on three things: a result pays exactly its amount, a bet takes exactly its
amount, and a bet without funds is refused without effect. Where one is broken, that rule is blamed with the
exchanges that show it, and the rules that need a balance are undecided rather than wrongly accused.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from scenarios.wallet.call_probe import CallProbe
from scenarios.wallet.look_alikes import distinguished, own_wagers, was_paid
from scenarios.wallet.noticed import Noticed
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Known, Player
from scenarios.wallet.probes import Declined, Unanswered, Unreadable, WagersProbe
from simulators.exchanges.history import Exchange, Purpose

# In smallest units: what is paid in, a small part of it, and the bet that no test player can afford.
_PAID = 10_000
_PART = 100
_FORTUNE = 10**15
# More than scenarios pay in at once, but for those about large amounts.
_LARGE = 1_000_000
# How many smaller ones are tried until one is paid whole.
_LARGEST = 12
# How many units may be left on a balance that bets have emptied.
_LEFT = 8
# What a bet and a result do to a balance.
_SIGNS = {"bet": -1, "result": 1}
_EXPECTED = {
    "BET-03": "a bet over the balance is refused",
    "RES-01": "a result pays the player, who can bet it",
}
_REMEDY = '; add balance = { get = "..", read = ".." } to [driver] to judge the rest'

_TAKES_ALL = Noticed("BET-03", _EXPECTED["BET-03"], "every bet is accepted, however large")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why balances cannot be read through wagers, and the broken rule that shows it. Empty: they can.

    ``takes_all`` says that every bet is taken, and all else was as it should be so far.
    """

    cause: str = ""
    noticed: Noticed | None = None
    takes_all: bool = False

    @property
    def why(self) -> str:
        """The cause, and what to do to have the rest judged all the same; "" where there is none."""
        return self.cause and self.cause + _REMEDY


def diagnose(probe: WagersProbe, player: Player) -> Diagnosis:
    """Run the experiment on ``player`` and leave the balance as found, so far as the CLIENT allows."""
    history = probe.operator.channel.route.history
    start = len(history)
    try:
        opening = probe.empty(player)
    except Unreadable as error:
        found = distinguished(probe.operator, player, _unreadable(probe, player, error))
        # Taken over, but what it owned is not known: all that the judge did is undone here and now.
        player.touched = True
        if found is not None and found.rule == "BET-01" and _takes_nothing(probe, player):
            _roll_back(probe.operator, [one for one in own_wagers(probe.operator, player) if was_paid(one)])
        else:
            settle(probe.operator, player)
        return _blame(probe, player, found, range(start, len(history)), str(error))
    if not player.touched:
        # What is found where the CLIENT went away in the middle, and this is done again, is the judge's own.
        player.touched, player.opening = True, opening
    player.known.append(Known(Decimal(0), len(history)))
    start = len(history)
    try:
        found = distinguished(probe.operator, player, _experiment(probe, player))
        if found is None:
            _large_results(probe, player)
    except Unreadable as error:
        found = distinguished(probe.operator, player, _unreadable(probe, player, error))
        settle(probe.operator, player, start)
        return _blame(probe, player, found, range(start, len(history)), str(error))
    if found is None:
        probe.tested = True
        return Diagnosis()
    settle(probe.operator, player, start)
    return _blame(probe, player, found, range(start, len(history)))


def try_call(probe: CallProbe, player: Player) -> None:
    """Have wagers prove what the balance call tells after a transaction of each kind; what is wrong is noticed.

    For a ``player`` whose balance can be read through wagers, and left as found.
    """
    operator, history = probe.operator, probe.operator.channel.route.history
    start = len(history)
    try:
        paid = probe.give(player, _PAID)
        _reported_right(probe, player)
        taken = operator.bet(player, player.money(_PART), purpose=Purpose.PROBE)
        _reported_right(probe, player)
        for one in (taken, paid):
            if one.ok:
                operator.rollback(one, purpose=Purpose.PROBE)
                _reported_right(probe, player)
        probe.empty(player, player.last)
    except Unreadable:
        # Rules about money report it, by scenarios of their own.
        settle(operator, player, start)
    player.known.append(Known(Decimal(0), len(history)))


def _reported_right(probe: CallProbe, player: Player) -> None:
    asked = probe.operator.ask(player) if probe.trusted else None
    if asked is not None and asked[1] is not None:
        probe.proved(player, asked[0], asked[1])


def _experiment(probe: WagersProbe, player: Player) -> Noticed | None:
    # What other faults left is taken first, so that the next result alone can explain what is there after it.
    if all(probe.takes(player, 1) for _ in range(_LEFT)):
        return Noticed(
            "BET-01", "bets of one unit take one unit each", "an empty balance could be bet again and again"
        )
    return _refusals(probe, player) or _results(probe, player) or _bets(probe, player)


def _refusals(probe: WagersProbe, player: Player) -> Noticed | None:
    """Whether refused bets take money: a sum can be bet after it was paid, not if a refusal was between."""
    lifted, step = 0, 1
    while not probe.takes(player, 1):
        if step > _FORTUNE:
            raise probe.never_taken()
        probe.give(player, step)
        lifted, step = lifted + step, step * 2
    # More than can be left from the lifting, so that a bet that takes too much shows in the second round.
    part = _PART + 4 * lifted
    for _ in range(2):
        probe.give(player, part)
        if not probe.takes(player, part):
            return None
    probe.give(player, part)
    if probe.takes(player, _PAID + 2 * part) or probe.takes(player, part):
        return None
    return Noticed("BET-03", "a refused bet has no effect", "refused bets took money")


def _results(probe: WagersProbe, player: Player) -> Noticed | None:
    paid = player.show(player.money(_PAID))
    probe.drain(player)
    probe.give(player, _PAID)
    if probe.takes(player, _PAID + 1):
        if probe.takes(player, _FORTUNE):
            return _TAKES_ALL
        return Noticed(
            "RES-01", f"a result of {paid} at balance zero leaves {paid}", "one unit more could be bet"
        )
    if not probe.takes(player, _PAID):
        if probe.takes(player, _PAID - _PAID // 100):
            return Noticed(
                "BET-01", "bets take exactly their amount", "a balance emptied by bets was below zero"
            )
        return Noticed("RES-01", f"a result of {paid} can be bet", f"a bet of {paid} was refused after it")
    if probe.takes(player, 1):
        return Noticed("BET-01", f"a bet of all {paid} leaves zero", "another unit could be bet")
    return None


def _bets(probe: WagersProbe, player: Player) -> Noticed | None:
    part, rest = _PAID * 2 // 5, _PAID * 3 // 5
    expected = f"a bet takes {player.show(player.money(part))}"
    probe.give(player, _PAID)
    probe.takes(player, part)
    if probe.takes(player, rest + 1):
        return Noticed("BET-01", expected, "it took less")
    if not probe.takes(player, rest):
        return Noticed("BET-01", expected, "it took more")
    return None


def _large_results(probe: WagersProbe, player: Player) -> None:
    """Whether large results are paid whole; where not, players are paid in parts, and that is noticed."""
    operator, units = probe.operator, _LARGE
    for _ in range(_LARGEST):
        paid = operator.result(player, player.money(units), purpose=Purpose.PROBE)
        bettable = _bettable(probe, player, paid, units) if paid.ok else 0
        if bettable == units:
            break
        if paid.ok:
            said, got = (player.show(player.money(each)) for each in (units, bettable))
            numbers = tuple(one.number for one in operator.channel.route.history.since(paid.number - 1))
            off = player.money(units - bettable)
            operator.noticed.append(
                Noticed(
                    "RES-01", f"a result of {said} pays {said}", f"bets took {got} of it", numbers[:40], off
                )
            )
        units = bettable or units // 2
        operator.largest_results[player.currency] = player.money(units)


def _bettable(probe: WagersProbe, player: Player, paid: Exchange, units: int) -> int:
    """How much of ``units`` that were ``paid`` on an empty balance bets take, which leaves it empty again."""
    step = units
    while not probe.takes(player, step):
        step //= 2
        if not step:
            return 0
    if step == units:
        return units
    if not probe.takes(player, step):
        return step + probe.drain(player)
    # Single bets are limited.
    probe.give(player, 2 * step)
    probe.operator.rollback(paid, purpose=Purpose.PROBE)
    return units


def settle(operator: Verbs, player: Player, start: int = 0) -> None:
    """Undo, in one wager, what the wagers for ``player`` since exchange ``start`` should have moved.

    Those without an answer are sent again first, as nothing else tells what they did. Where the one wager is
    refused, each is rolled back.
    """
    known = [one for one in own_wagers(operator, player, start) if operator.settle(one).ok]
    moved = sum((_SIGNS[one.message.kind] * one.message.amount for one in known), Decimal(0))
    if not moved:
        return
    undo = operator.result if moved < 0 else operator.bet
    if undo(player, abs(moved), purpose=Purpose.RESTORE).refused:
        _roll_back(operator, known)


def _roll_back(operator: Verbs, wagers: list[Exchange]) -> None:
    for one in reversed(wagers):
        operator.rollback(one, purpose=Purpose.RESTORE)


def _takes_nothing(probe: WagersProbe, player: Player) -> bool:
    """Whether bets take nothing at all: the largest accepted so far is accepted four times more."""
    largest = _largest_bet(probe.operator, player)
    return largest is not None and all(
        probe.operator.bet(player, largest.message.amount, purpose=Purpose.PROBE).ok for _ in range(4)
    )


def _largest_bet(operator: Verbs, player: Player) -> Exchange | None:
    """The largest of the bets that were accepted so far."""
    bets = [one for one in own_wagers(operator, player) if one.ok and one.message.kind == "bet"]
    return max(bets, key=lambda one: one.message.amount, default=None)


def _unreadable(probe: WagersProbe, player: Player, error: Unreadable) -> Noticed | None:
    """What the probe's failure says of the CLIENT; None where it does not tell."""
    if isinstance(error, Unanswered | Declined):
        return None
    if error.rule:
        return (
            _TAKES_ALL if error.rule == "BET-03" else Noticed(error.rule, _EXPECTED[error.rule], str(error))
        )
    try:
        if probe.takes(player, _FORTUNE):
            return _TAKES_ALL
    except Unreadable:
        return None
    return Noticed("BET-01", "bets take exactly their amount", str(error))


def _blame(
    probe: WagersProbe, player: Player, found: Noticed | None, exchanges: range, why: str = ""
) -> Diagnosis:
    if found is None:
        return Diagnosis(f"balances cannot be read through wagers here: {why}")
    if len(probe.reasons) > 1:
        errors = ", ".join(map(repr, sorted(probe.reasons)))
        return Diagnosis(
            f"bets of one unit are refused for several reasons ({errors}), so that no balance can be read"
        )
    takes_all = found == _TAKES_ALL
    largest = _largest_bet(probe.operator, player) if takes_all else None
    shown = found.exchanges or ((largest.number,) if largest else tuple(exchanges)[-40:])
    return Diagnosis(
        f"balances cannot be read through wagers here while {found.rule} is broken ({found.seen})",
        replace(found, off=player.unit, exchanges=shown),
        takes_all,
    )
