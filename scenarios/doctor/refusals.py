"""Why a genuine result was refused, found out by experiment."""

from decimal import Decimal

from scenarios.problems.errors import Problem, TargetProblem
from scenarios.problems.unanswered import NoChannel, asked, said
from scenarios.run.run import Run
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, Purpose
from simulators.operator.delivery import Operator


def _expected(run: Run) -> str:
    return f"{run.channel.dialect.success}: without it no rule can be judged"


def why_refused(run: Run, player: Player, exchange: Exchange) -> Problem:
    """Say why ``exchange``, a genuine result of one unit for ``player``, was refused, and what to do."""
    came = f"a genuine result of {player.show(player.unit)} for {player} was refused: {said(exchange, run.redactor)}"
    if exchange.answer is not None and exchange.answer.status in (404, 405):
        return NoChannel(
            came,
            _expected(run),
            f"correct callback_url in [operator]: nothing serves {asked(exchange)}",
        )
    return _agreed_otherwise(run, player, came) or _by_secret(run, player, exchange, came)


def _agreed_otherwise(run: Run, player: Player, came: str) -> Problem | None:
    """Say what is accepted instead, None where nothing is.

    Tried are: the amount in the other form, another secret, a whole amount, a result after a bet.
    """
    channel = run.channel
    for other in channel.dialect.otherwise():
        if _accepted(
            Operator(channel.url, channel.secret, channel.route, other.dialect, channel.names), player
        ):
            return TargetProblem(
                f"{came}; with {other.words} it was accepted",
                _expected(run),
                f"set {other.setting} in [operator]",
            )
    cut = channel.secret.strip()
    if cut != channel.secret and _accepted(
        Operator(channel.url, cut, channel.route, channel.dialect, channel.names), player
    ):
        return NoChannel(
            f"{came}; without the white space round security_hash it was accepted",
            _expected(run),
            "take the white space (a line break at its end?) out of security_hash in [operator], or of its variable",
        )
    longer = Operator(channel.url, channel.secret + "\n", channel.route, channel.dialect, channel.names)
    if _accepted(longer, player):
        return NoChannel(
            f"{came}; with a line break at the end of security_hash it was accepted",
            _expected(run),
            "let the CLIENT cut the line break off the SECURITY_HASH that it reads",
        )
    if player.unit < 1 and _accepted(channel, player, Decimal(1)):
        whole = player.show(Decimal(1))
        return TargetProblem(
            f"{came}; a whole amount, {whole}, was accepted",
            f"{channel.dialect.success} for every amount in {player.currency}, whose smallest unit is {player.unit}",
            "let the CLIENT take amounts with decimals, or set the currency of the players to one without",
        )
    verbs = Verbs(channel)
    if verbs.pay(player, player.unit, Purpose.DOCTOR).ok:
        verbs.bet(player, player.unit, purpose=Purpose.DOCTOR)
    if verbs.noticed:
        return TargetProblem(
            f"{came}; once a bet was placed, a result was accepted",
            _expected(run),
            "let the CLIENT pay each result for itself, whatever bets came before it (RES-03)",
        )
    return None


def _by_secret(run: Run, player: Player, exchange: Exchange, came: str) -> Problem:
    if _same_as_forged(run, player, exchange):
        return NoChannel(
            f"{came}; a forged one gets the very same answer",
            f"{_expected(run)}. The CLIENT seems to take genuine wagers for forged ones",
            "compare security_hash in [operator] with the SECURITY_HASH that the CLIENT runs with: "
            + run.channel.dialect.signing,
        )
    return TargetProblem(
        f"{came}; a forged one gets another answer, so that the secret seems right",
        _expected(run),
        f"look whether the CLIENT knows player {player} and currency {player.currency} ([players])",
    )


def _accepted(channel: Operator, player: Player, amount: Decimal | None = None) -> bool:
    """Whether a result of ``amount`` (one unit), sent by ``channel``, is accepted; a bet takes it back."""
    verbs, amount = Verbs(channel), player.unit if amount is None else amount
    paid = verbs.result(player, amount, purpose=Purpose.DOCTOR)
    if paid.refused:
        return False
    if paid.unknown or not verbs.bet(player, amount, purpose=Purpose.DOCTOR).ok:
        verbs.rollback(paid, purpose=Purpose.DOCTOR)
    return paid.ok


def _same_as_forged(run: Run, player: Player, genuine: Exchange) -> bool:
    verbs = Verbs(run.channel)
    message = verbs.transaction("result", player, player.unit)
    channel = run.channel
    forger = Operator(channel.url, verbs.new_id(), channel.route, channel.dialect, channel.names)
    [forged] = forger.deliver(
        forger.delivery_of(
            forger.request(message),
            label="forged result (doctor)",
            purpose=Purpose.FORGERY,
            message=message,
            genuine=False,
        )
    )
    if not forged.refused:
        verbs.rollback(forged, purpose=Purpose.DOCTOR)
        return False
    return (forged.error, forged.answer and forged.answer.status) == (
        genuine.error,
        genuine.answer and genuine.answer.status,
    )
