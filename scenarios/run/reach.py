"""Reaching the target: the first genuine wager, and whether anything still answers."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from scenarios.problems.errors import TargetProblem
from scenarios.problems.waiting import said_if_slow
from scenarios.target.loading import Target
from scenarios.wallet.noticed import Noticed
from scenarios.wallet.operator_client import UNANSWERED, Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.refusals import why_untaken
from scenarios.wallet.stake_limit import least_bet
from scenarios.wallet.unclear_answers import learn, unclear
from simulators.exchanges.history import Answer, Exchange, Purpose, Request, Status
from simulators.exchanges.redaction import Redactor
from simulators.providers import CHECKOUT, JACKPOT
from simulators.transport.delivery import Delivery, Meaning
from simulators.transport.route import Route
from simulators.transport.sending import deliver


def unreported(text: str) -> None:
    """Nobody is there to read it."""


@dataclass
class Reach:
    """The CLIENT of ``target``, asked through ``route``, or by wagers of ``player`` where there is an OPERATOR.

    ``operator`` is watched by nobody: what it finds out is for whoever asks.
    """

    target: Target
    route: Route
    operator: Verbs | None
    player: Player | None
    # Is called with what the user should know at once.
    tell: Callable[[str], None] = unreported
    started: bool = False
    # Whether the CLIENT answered as one that can be judged.
    reached: bool = False
    # Whether a CLIENT that takes no wagers answered 5xx from the beginning, so that it says nothing of its going away.
    fails_at_rest: bool = False
    # The amount of which all wagers are multiples, where the CLIENT takes none of a smallest unit, and why.
    coarse: Decimal | None = None
    coarse_words: str = ""
    # The first bet of all where it was refused, though a result of as much had just been paid.
    declined: Exchange | None = None

    def begin(self) -> None:
        """Reach the target with one genuine wager, or one request where there are no wagers.

        Raises TargetProblem where nothing answers or the first genuine wager is refused.
        """
        self.started = True
        with said_if_slow(lambda: self.tell(self._waiting())):
            self._try()
        self.reached = True

    def _waiting(self) -> str:
        if self.operator is None:
            return f"waiting for an answer, up to {self.route.timeout:g} s"
        return waiting_for_first_wager(self.operator.channel.route.timeout)

    def _try(self) -> None:
        if self.operator is None or self.player is None:
            knocked = self._knock()
            self.fails_at_rest = knocked is not None and _failed(knocked)
            if knocked is not None and knocked.answer is None:
                raise TargetProblem(
                    f"GET {knocked.request.url}: {knocked.failure}",
                    "an answer from the CLIENT, whatever it is",
                    f"start it, or correct {self._elsewhere()[0]} of the target file",
                )
        else:
            self._first_wager(self.operator, self.player)

    @property
    def silent(self) -> bool:
        """Whether nothing that was sent was ever answered."""
        return all(exchange.answer is None for exchange in self.route.history)

    def alive(self) -> bool:
        """Whether the CLIENT still serves: one of two requests that move nothing is answered, and not by 5xx.

        Two different ones, since a CLIENT that fails at one of them alone is there all the same.
        """
        operator, player = self.operator, self.player
        if operator is None or player is None:
            knocked = self._knock()
            return knocked is None or _served(knocked) or (self.fails_at_rest and knocked.answer is not None)
        nothing, purpose = Decimal(0), Purpose.LIVENESS
        return _served(
            operator.result(player, nothing, label="result of 0 (still there?)", purpose=purpose)
        ) or _served(
            operator.rollback(
                operator.new_id(), player, nothing, label="orphan rollback (still there?)", purpose=purpose
            )
        )

    def _first_wager(self, operator: Verbs, player: Player) -> None:
        """One result and its way back; also where results are paid only after bets, or in whole amounts only."""
        redactor = Redactor(self.target.secrets())
        first = operator.result(player, player.unit, purpose=Purpose.FIRST_WAGER)
        if unclear(first):
            if not learn(operator, player):
                raise why_untaken(operator.channel, player, first, redactor)
            first = operator.again(first)
        paid = first
        if first.refused:
            if _whole(operator, player, first):
                self.coarse = Decimal(1)
                self.coarse_words = (
                    "the CLIENT takes whole amounts only (RES-01): the rest is judged by those"
                )
                return
            paid = operator.pay(player, player.unit, Purpose.FIRST_WAGER)
        if not (paid.ok or paid.refused):
            raise why_untaken(operator.channel, player, first, redactor)
        bet = operator.bet(player, player.unit, purpose=Purpose.FIRST_WAGER)
        if paid.refused and bet.ok:
            # That no result is paid is for a rule to tell.
            operator.rollback(bet, purpose=Purpose.FIRST_WAGER)
        elif paid.refused:
            raise why_untaken(operator.channel, player, first, redactor)
        elif bet.refused:
            least = player.money(least_bet(operator, player, Purpose.FIRST_WAGER))
            if least == player.unit:
                self.declined = bet
            else:
                self.coarse = least
                self.coarse_words = (
                    f"single bets below {player.show(least)} seem to be refused here, as they may be: "
                    "all amounts are multiples of it, and what finer ones do is not judged"
                )

    @property
    def address(self) -> str:
        """Where the CLIENT is, as far as the target file says."""
        operator = self.target.operator
        return self._elsewhere()[1] if operator is None else operator.callback_url

    def _elsewhere(self) -> tuple[str, str, str]:
        """An address of the CLIENT that takes no wagers, "" where there is none: its key, itself, whose it is."""
        if self.target.jackpot is not None:
            return "notification_url in [jackpot]", self.target.jackpot.notification_url, JACKPOT
        token = self.target.driver.checkout_token
        # Asking for a token would make a checkout: the site itself is enough.
        site = urlsplit(token.method_and_url[1])._replace(path="/", query="").geturl() if token else ""
        return "checkout_token in [driver]", site, CHECKOUT

    def _knock(self) -> Exchange | None:
        """Find out whether anything answers where there are no wagers; None where no address is known."""
        _, url, provider = self._elsewhere()
        if not url:
            return None
        knock = Delivery(Request("GET", url), _any_answer, provider, "knock", Purpose.LIVENESS, genuine=False)
        [exchange] = deliver(knock, self.route)
        return exchange


def waiting_for_first_wager(timeout: float) -> str:
    """What is said while nothing answers, where each request is given ``timeout`` seconds."""
    whole = timeout * UNANSWERED
    return f"waiting for an answer to the first wager, up to {whole:g} s ({timeout:g} s a request)"


def _served(exchange: Exchange) -> bool:
    return exchange.answer is not None and not exchange.answer.failed


def _failed(exchange: Exchange) -> bool:
    return exchange.answer is not None and not _served(exchange)


def _any_answer(answer: Answer) -> Meaning:  # noqa: ARG001 - any will do
    return Meaning(Status.OK)


def _whole(operator: Verbs, player: Player, refused: Exchange) -> bool:
    """Whether a whole amount is paid where ``refused``, one smallest unit, was not; a bet takes it back."""
    if player.unit >= 1:
        return False
    whole = operator.result(player, Decimal(1), purpose=Purpose.FIRST_WAGER)
    if not whole.ok:
        return False
    operator.bet(player, Decimal(1), purpose=Purpose.FIRST_WAGER)
    again = operator.result(player, player.unit, purpose=Purpose.FIRST_WAGER)
    if again.ok:
        operator.bet(player, player.unit, purpose=Purpose.FIRST_WAGER)
        return False
    unit = player.show(player.unit)
    operator.noticed.append(
        Noticed(
            "RES-01",
            f"a result of {unit} is paid",
            f"error {refused.error!r} twice, and accepted for {player.show(Decimal(1))}",
            (refused.number, whole.number, again.number),
            player.unit,
        )
    )
    return True
