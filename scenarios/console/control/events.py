"""Raising events of any provider as the control API takes them: for `serve`, and for `trigger` where none runs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, get_args

from scenarios.console.control import recorded
from scenarios.console.form_input import FormInput, misfilled, read_as
from scenarios.console.providers import Providers
from scenarios.events import raise_event
from scenarios.problems.errors import UsageProblem
from scenarios.wallet.player import Player
from simulators.checkout.forgeries import FORGERIES, fitting
from simulators.exchanges.history import Exchange, Purpose, Request
from simulators.jackpot.catalogue.stores import StoreEventName
from simulators.jackpot.wire import CouponName
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR
from simulators.values import money
from simulators.values.ids import random_id
from simulators.wallet.transactions import Transaction
from simulators.webhooks.endpoint import Endpoint

# What one event may send at most.
COPIES: Final = 1000
TOGETHER: Final = 1000

WAGERS: Final = ("bet", "result", "rollback", "orphan")
STORE_EVENTS: Final = get_args(StoreEventName)
COUPON_EVENTS: Final = get_args(CouponName)
DECISIONS: Final = ("decision/approved", "decision/declined")
# What becomes of the signature of a request that was edited: a new one, or the one of before, as forgers have it.
SIGNATURES: Final = ("new", "kept")
# Every event by its provider.
EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    OPERATOR: WAGERS,
    JACKPOT: (*COUPON_EVENTS, *STORE_EVENTS),
    CHECKOUT: DECISIONS,
}


def store_changes(asked: FormInput) -> dict[str, Any]:
    """The properties of a store that were asked for, NAME=JSON a line. Raises UsageProblem."""
    return dict(
        raise_event.store_property(line) for line in asked.text("changes").splitlines() if line.strip()
    )


class NoAddress(UsageProblem):
    """Nobody said where the CLIENT takes an event."""


def _addressed(channel: Endpoint[Any], event: Any) -> None:
    """Raise NoAddress where ``event`` has nowhere to go."""
    if not channel.addressed(event):
        raise NoAddress(
            "the CLIENT has no address for this event",
            "callback_url in [operator], notification_url in [jackpot], decision_url in [checkout]",
            "add it to the target file and start `pitboss serve` again, or set it in the back-office",
        )


class Events:
    """Raises events of ``providers``; each method takes what was asked and returns JSON. Raises Problem."""

    def __init__(self, providers: Providers) -> None:
        self.providers = providers

    def do(self, name: str, asked: FormInput) -> dict[str, Any]:
        """Do ``name``, as the control API calls it: what sends something."""
        return {"raise": self.raise_event, "resend": self.resend}[name](asked)

    def raise_event(self, asked: FormInput) -> dict[str, Any]:
        """Raise one event, with copies and faults; return the exchanges that it made."""
        every = tuple(event for group in EVENTS.values() for event in group)
        event = asked.choice("event", every)
        provider = next(name for name, group in EVENTS.items() if event in group)
        self.providers.channel(provider)
        act: Callable[[str, FormInput], list[Exchange]] = {
            OPERATOR: self._wager,
            JACKPOT: self._notification,
            CHECKOUT: self._decision,
        }[provider]
        return self.made(act(event, asked))

    def resend(self, asked: FormInput) -> dict[str, Any]:
        """Send the request of a report once more, by the provider whose address it went to."""
        number, fresh = asked.count("number", 0, 0, 10**9), asked.flag("fresh")
        secrets = self.providers.target.secrets()
        request = recorded.request(asked.mapping("request"), number, secrets)
        channels = [self.providers.channel(name) for name in self.providers.names]
        channel = recorded.endpoint(channels, request, number)
        return (
            self.renewed(channel, request, number)
            if fresh
            else self._sent(channel, request, f"#{number} again")
        )

    def renewed(self, channel: Endpoint[Any], request: Request, number: int) -> dict[str, Any]:
        """Send ``request``, that of exchange ``number``, as a new transaction; raises UsageProblem where it is none."""
        return self._sent(channel, recorded.fresh(channel, request, number), f"#{number} fresh")

    def edited(
        self, channel: Endpoint[Any], request: Request, number: int, asked: FormInput
    ) -> dict[str, Any]:
        """Send ``request``, that of exchange ``number``, with another message; signed anew, or as it was."""
        sign = asked.choice("signature", SIGNATURES, SIGNATURES[0]) == SIGNATURES[0]
        changed = channel.edited(request, asked.whole("body").encode(), sign=sign)
        return self._sent(channel, changed, f"#{number} edited", genuine=False)

    def _sent(
        self, channel: Endpoint[Any], request: Request, label: str, *, genuine: bool = True
    ) -> dict[str, Any]:
        delivery = channel.delivery_of(request, label=label, purpose=Purpose.MANUAL, genuine=genuine)
        return self.made(channel.deliver(delivery))

    def _wager(self, event: str, asked: FormInput) -> list[Exchange]:
        verbs = self.providers.verbs
        message, together = self._callback(event, asked), asked.count("together", 1, 1, TOGETHER)
        copies, faults = asked.count("copies", 0, 0, COPIES), asked.faults()
        _addressed(verbs.channel, message)
        with read_as("together" if together > 1 else "faults"):
            return raise_event.send_callback(verbs, message, together=together, copies=copies, faults=faults)

    def _callback(self, event: str, asked: FormInput) -> Transaction:
        verbs = self.providers.verbs
        player = self.player(asked)
        amount = asked.amount("amount")
        if amount is None:
            raise misfilled("amount", "amount is empty", "an amount such as 10.50", "fill it in")
        given = asked.maybe("id")
        if event == "rollback":
            of = asked.maybe("of")
            if of is None:
                raise misfilled(
                    "of",
                    "there is nothing to roll back",
                    "the transaction_id of a bet or a result under Rolls back",
                    "copy one from the feed, or raise an orphan, which names none that the CLIENT knows",
                )
            return verbs.undo(of, player, amount, id=given)
        if event == "orphan":
            return verbs.undo(verbs.new_id(), player, amount, id=given)
        return verbs.transaction("bet" if event == "bet" else "result", player, amount, id=given)

    def player(self, asked: FormInput) -> Player:
        """Whom something is about; the target's first player where nobody is named."""
        _, players = self.providers.target.need_operator()
        player = Player(asked.text("player", players.ids[0]), asked.text("currency", players.currency))
        try:
            money.decimals(player.currency)
        except money.UnknownCurrency as error:
            raise misfilled("currency", str(error), "a code such as EUR", "correct currency") from None
        return player

    def _notification(self, event: str, asked: FormInput) -> list[Exchange]:
        simulator = self.providers.simulator(JACKPOT)
        if event in STORE_EVENTS:
            with read_as("changes"):
                wanted = store_changes(asked)
                made = raise_event.store_event(simulator, event, asked.maybe("store"), wanted)  # type: ignore[arg-type]  # checked
        else:
            made = raise_event.coupon_event(
                simulator,
                event,  # type: ignore[arg-type]  # one of COUPON_EVENTS
                voucher=asked.maybe("voucher"),
                price=asked.amount("price"),
                value=asked.amount("value"),
                notification_key=asked.maybe("notification_key"),
                store=asked.maybe("store"),
            )
        if (given := asked.maybe("id")) is not None:
            made = made.model_copy(update={"id": given})
        return self._send_notice(simulator.endpoint, made, asked)

    def _decision(self, event: str, asked: FormInput) -> list[Exchange]:
        simulator = self.providers.simulator(CHECKOUT)
        # A new token is of no checkout; none of the simulator's changes.
        decision = simulator.decision(asked.maybe("checkout_token") or random_id(), event == DECISIONS[0])
        made = replace(decision, merchant_reference=asked.maybe("merchant_reference"))
        notice, forged = simulator.sign(made), asked.maybe("forged")
        if forged is None:
            return self._send_notice(simulator.endpoint, notice, asked)
        _addressed(simulator.endpoint, notice)
        if asked.count("copies", 0, 0, COPIES) or asked.faults():
            raise misfilled(
                "forged",
                "--forged was given together with --copies or --fault",
                "one of them: a forgery is sent once, as it is",
                "leave one out",
            )
        ways = [name for name in FORGERIES if name in fitting(simulator.agreement)]
        if forged not in ways:
            raise misfilled(
                "forged",
                f"--forged is {forged!r}, and the algorithm is {simulator.agreement.algorithm}",
                f"one of {', '.join(ways)}: a shared secret has no public half",
                "choose another",
            )
        return [simulator.send_forged(made, forged)]

    def _send_notice(self, channel: Any, event: Any, asked: FormInput) -> list[Exchange]:
        _addressed(channel, event)
        copies, faults = asked.count("copies", 0, 0, COPIES), asked.faults()
        with read_as("faults"):
            return raise_event.send_notice(channel, event, copies=copies, faults=faults)

    def made(self, exchanges: list[Exchange]) -> dict[str, Any]:
        """What is said of ``exchanges`` that were just made: their numbers, and how the last one ended."""
        last = exchanges[-1]
        return {
            "exchanges": [each.number for each in exchanges],
            "outcome": str(last.effect),
            "said": self.providers.redactor.text(str(last.error or last.failure or "")),
        }
