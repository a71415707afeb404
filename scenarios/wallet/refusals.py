"""Why a genuine result was not accepted, found out by experiment."""

from decimal import Decimal

from scenarios.problems.errors import Problem, TargetProblem
from scenarios.problems.unanswered import NoChannel, asked, body, said, unanswered
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.unclear_answers import unclear
from simulators.exchanges.history import Exchange, Purpose
from simulators.exchanges.redaction import Redactor
from simulators.operator.delivery import Operator
from simulators.providers import OPERATOR


def why_untaken(channel: Operator, player: Player, exchange: Exchange, redactor: Redactor) -> Problem:
    """Say why ``exchange``, a genuine result of one unit for ``player``, was not accepted, and what to do."""
    if unclear(exchange):
        assert exchange.answer is not None
        problem = channel.dialect.read(exchange.answer).problem
        return TargetProblem(
            f"a genuine result was answered {body(exchange, redactor)}: {problem}",
            f"{channel.dialect.success}, and another answer to a bet that is not covered",
            f"let the CLIENT answer as documented: {channel.dialect.success} where a transaction was processed",
        )
    if exchange.unknown:
        expected = "HTTP 200 with a JSON object that has a field error"
        return unanswered(exchange, "callback_url", channel.url or "", OPERATOR, expected, redactor)
    came = (
        f"a genuine result of {player.show(player.unit)} for {player} was refused: {said(exchange, redactor)}"
    )
    if exchange.answer is not None and exchange.answer.status in (404, 405):
        return NoChannel(
            came,
            _expected(channel),
            f"correct callback_url in [operator]: nothing serves {asked(exchange)}",
        )
    return _agreed_otherwise(channel, player, came) or _by_secret(channel, player, exchange, came)


def _expected(channel: Operator) -> str:
    return f"{channel.dialect.success}: without it no rule can be judged"


def _agreed_otherwise(channel: Operator, player: Player, came: str) -> Problem | None:
    """Say what is accepted instead, None where nothing is.

    Tried are: the amount in the other form, another secret, a whole amount, a result after a bet.
    """
    for other in channel.dialect.otherwise():
        if _accepted(
            Operator(channel.url, channel.secret, channel.route, other.dialect, channel.names), player
        ):
            return TargetProblem(
                f"{came}; with {other.words} it was accepted",
                _expected(channel),
                f"set {other.setting} in [operator]",
            )
    cut = channel.secret.strip()
    if cut != channel.secret and _accepted(
        Operator(channel.url, cut, channel.route, channel.dialect, channel.names), player
    ):
        return NoChannel(
            f"{came}; without the white space round security_hash it was accepted",
            _expected(channel),
            "take the white space (a line break at its end?) out of security_hash in [operator], or of its variable",
        )
    longer = Operator(channel.url, channel.secret + "\n", channel.route, channel.dialect, channel.names)
    if _accepted(longer, player):
        return NoChannel(
            f"{came}; with a line break at the end of security_hash it was accepted",
            _expected(channel),
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
            _expected(channel),
            "let the CLIENT pay each result for itself, whatever bets came before it (RES-03)",
        )
    return None


def _by_secret(channel: Operator, player: Player, exchange: Exchange, came: str) -> Problem:
    if _same_as_forged(channel, player, exchange):
        return NoChannel(
            f"{came}; a forged one gets the very same answer",
            f"{_expected(channel)}. The CLIENT seems to take genuine wagers for forged ones",
            "compare security_hash in [operator] with the SECURITY_HASH that the CLIENT runs with: "
            + channel.dialect.signing,
        )
    return TargetProblem(
        f"{came}; a forged one gets another answer, so that the secret seems right",
        _expected(channel),
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


def _same_as_forged(channel: Operator, player: Player, genuine: Exchange) -> bool:
    verbs = Verbs(channel)
    message = verbs.transaction("result", player, player.unit)
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
