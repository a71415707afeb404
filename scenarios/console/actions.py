"""What the console's buttons do: raise events, send again, switch faults, open sessions."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from scenarios.console.form_input import FormInput
from scenarios.console.providers import ServedProviders
from scenarios.events import raise_event
from scenarios.problems.errors import UsageProblem
from scenarios.wallet.player import Player
from simulators.checkout.forgeries import FORGERIES, fitting
from simulators.checkout.simulator import KINDS as CHECKOUT_KINDS
from simulators.exchanges.history import Direction, Exchange
from simulators.jackpot.catalogue.stores import StoreEventName
from simulators.jackpot.operations import KINDS as JACKPOT_KINDS
from simulators.jackpot.wire import CouponName
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR
from simulators.server.responses import ApiError
from simulators.transport.faults.table import spell_fault
from simulators.values import money
from simulators.wallet.transactions import Transaction

# What one press of a button may send at most.
COPIES: Final = 100
TOGETHER: Final = 64

WAGERS: Final = ("bet", "result", "rollback", "orphan")
STORE_EVENTS: Final = get_args(StoreEventName)
COUPON_EVENTS: Final = get_args(CouponName)
DECISIONS: Final = ("decision/approved", "decision/declined")
# Every event by its provider.
EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    OPERATOR: WAGERS,
    JACKPOT: (*COUPON_EVENTS, *STORE_EVENTS),
    CHECKOUT: DECISIONS,
}
# What the CLIENT asks of each provider, which can be answered badly.
ASKED_OF: Final[Mapping[str, tuple[str, ...]]] = {
    OPERATOR: ("auth", "start-session"),
    JACKPOT: tuple(sorted(JACKPOT_KINDS)),
    CHECKOUT: tuple(sorted(CHECKOUT_KINDS)),
}
_HTML: Final = b"<html><body>Bad gateway</body></html>"
_LATE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Badly:
    """A way to answer badly, in words and as the arguments of ``disturb``."""

    words: str
    how: Mapping[str, Any]


BADLY: Final[Mapping[str, _Badly]] = {
    "500": _Badly("HTTP 500", {"answer": (500, b'{"error": "INTERNAL_ERROR"}', "application/json")}),
    "401": _Badly("HTTP 401", {"answer": (401, b'{"error": "UNAUTHORIZED"}', "application/json")}),
    "html": _Badly("HTTP 502 with a page that is no JSON", {"answer": (502, _HTML, "text/html")}),
    "late": _Badly(f"the right answer, {_LATE_SECONDS:g} s late", {"delay_seconds": _LATE_SECONDS}),
}
TIMES: Final = ("1", "5", "all")


class Actions:
    """What can be done in one console; each takes what was asked and returns JSON. Raises Problem."""

    def __init__(self, providers: ServedProviders) -> None:
        self.providers = providers

    def raise_event(self, asked: FormInput) -> dict[str, Any]:
        """Raise one event, with copies and faults; return the exchanges that it made."""
        every = tuple(event for group in EVENTS.values() for event in group)
        event = asked.choice("event", every)
        provider = next(name for name, group in EVENTS.items() if event in group)
        self.providers.need(provider)
        act: Callable[[str, FormInput], list[Exchange]] = {
            OPERATOR: self._wager,
            JACKPOT: self._notification,
            CHECKOUT: self._decision,
        }[provider]
        return self._made(act(event, asked))

    def _wager(self, event: str, asked: FormInput) -> list[Exchange]:
        verbs = self.providers.verbs
        return raise_event.send_callback(
            verbs,
            self._callback(event, asked),
            together=asked.count("together", 1, 1, TOGETHER),
            copies=asked.count("copies", 0, 0, COPIES),
            faults=asked.faults(),
        )

    def _callback(self, event: str, asked: FormInput) -> Transaction:
        verbs = self.providers.verbs
        player = self._player(asked)
        amount = asked.amount("amount")
        if amount is None:
            raise UsageProblem("amount is empty", "an amount such as 10.50", "fill it in")
        given = asked.maybe("id")
        if event == "rollback":
            of = asked.maybe("of")
            if of is None:
                raise UsageProblem(
                    "there is nothing to roll back",
                    "the transaction_id of a bet or a result under Rolls back",
                    "copy one from the feed, or raise an orphan, which names none that the CLIENT knows",
                )
            return verbs.undo(of, player, amount, id=given)
        if event == "orphan":
            return verbs.undo(verbs.new_id(), player, amount, id=given)
        return verbs.transaction("bet" if event == "bet" else "result", player, amount, id=given)

    def _player(self, asked: FormInput) -> Player:
        _, players = self.providers.target.need_operator()
        player = Player(asked.text("player", players.ids[0]), asked.text("currency", players.currency))
        try:
            money.decimals(player.currency)
        except money.UnknownCurrency as error:
            raise UsageProblem(str(error), "a code such as EUR", "correct currency") from None
        return player

    def _notification(self, event: str, asked: FormInput) -> list[Exchange]:
        simulator = self.providers.need(JACKPOT).simulator
        if event in STORE_EVENTS:
            wanted = dict(
                raise_event.store_property(line)
                for line in asked.text("changes").splitlines()
                if line.strip()
            )
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
        simulator = self.providers.need(CHECKOUT).simulator
        made = raise_event.decision(
            simulator,
            checkout=asked.maybe("checkout_token"),
            merchant_reference=asked.maybe("merchant_reference"),
            approved=event == DECISIONS[0],
        )
        forged = asked.maybe("forged")
        if forged is None:
            return self._send_notice(simulator.endpoint, simulator.sign(made), asked)
        self._addressed(simulator.endpoint)
        asked.choice("forged", [name for name in FORGERIES if name in fitting(simulator.agreement)])
        return [simulator.send_forged(made, forged)]

    def _send_notice(self, channel: Any, event: Any, asked: FormInput) -> list[Exchange]:
        self._addressed(channel)
        return raise_event.send_notice(
            channel, event, copies=asked.count("copies", 0, 0, COPIES), faults=asked.faults()
        )

    @staticmethod
    def _addressed(channel: Any) -> None:
        if channel.url is None:
            raise UsageProblem(
                "the CLIENT has no address for this event",
                "notification_url in [jackpot], decision_url in [checkout]",
                "add it to the target file and start `pitboss serve` again, or set it in the back-office",
            )

    def again(self, number: int) -> dict[str, Any]:
        """Send an exchange again, byte for byte; raises UsageProblem where a provider did not send it."""
        history = self.providers.history
        if not 0 <= number < len(history):
            raise UsageProblem(f"there is no exchange #{number}", "one of the feed", "choose another")
        seen = history[number]
        first = seen if seen.copy_of is None else history[seen.copy_of]
        if first.direction is not Direction.TO_CLIENT:
            raise UsageProblem(
                f"#{number} was sent by the CLIENT",
                "a request of a provider: only those can be sent again from here",
                "copy it as curl instead",
            )
        return self._made([self.providers.channel(first.provider).again(first)])

    def deliver(self, asked: FormInput) -> dict[str, Any]:
        """Send a delivery now, whatever became of it."""
        provider = asked.choice("provider", tuple(self.providers.served))
        queue = self.providers.need(provider).simulator.queue
        try:
            return self._made(queue.again(asked.count("id", 0, 0, 10**9)))
        except KeyError:
            raise UsageProblem("there is no such delivery", "one of the list", "reload the page") from None
        except ValueError as error:
            raise UsageProblem(str(error), "an address to send to", "set it in the target file") from None

    def set_faults(self, asked: FormInput) -> dict[str, Any]:
        """Let faults act on all that a provider sends, in place of those before; none ends them."""
        provider = asked.choice("provider", tuple(self.providers.served))
        faults = asked.faults()
        if any(fault.name == "client-killed" for fault in faults) and self.providers.restart is None:
            raise UsageProblem(
                "client-killed was switched on, and there is no way to restart the CLIENT",
                "the driver's restart",
                f"add to [driver]: {self.providers.target.missing('restart')}",
            )
        self.providers.set_faults(provider, faults)
        return self.acting()

    def disturb(self, asked: FormInput) -> dict[str, Any]:
        """Answer what the CLIENT asks of a provider badly, so many times."""
        provider = asked.choice("provider", tuple(self.providers.served))
        path = asked.choice("path", ASKED_OF[provider])
        badly = BADLY[asked.choice("how", tuple(BADLY))]
        times = asked.choice("times", TIMES, "1")
        simulator = self.providers.need(provider).simulator
        simulator.disturb(path, None if times == "all" else int(times), **badly.how)
        return self.acting()

    def end_faults(self) -> dict[str, Any]:
        """End every fault and every bad answer."""
        for provider, served in self.providers.served.items():
            self.providers.set_faults(provider, [])
            served.simulator.disturbances.calm()
        return self.acting()

    def reset(self) -> dict[str, Any]:
        """End every fault and every bad answer; say where the history stands, for what comes after."""
        return self.end_faults() | {"since": len(self.providers.history)}

    def audited(self, asked: FormInput) -> Player:
        """The player whom an audit is about, with what was owned before it as ``funded``."""
        player, opening = self._player(asked), asked.amount("opening")
        if opening is None:
            raise UsageProblem("opening is empty", "what the player owned, such as 100.00", "fill it in")
        player.funded = opening
        return player

    def open_session(self, asked: FormInput) -> dict[str, Any]:
        """Open the sportsbook for a player: through the CLIENT where the driver can launch, else straight."""
        served = self.providers.need(OPERATOR)
        player, lang = self._player(asked), asked.text("lang", "en")
        if asked.flag("through_client"):
            return {"url": self.providers.driver.launch(player.id, player.currency, lang)}
        agreement = served.simulator.agreement
        credentials = {"username": agreement.username, "password": agreement.password}
        wanted = {"user_id": player.id, "currency": player.currency, "lang": lang}
        try:
            token = served.simulator.auth(json.dumps(credentials).encode()).token
            session = served.simulator.start_session(token, json.dumps(wanted).encode(), served.public_url)
        except ApiError as refused:
            raise UsageProblem(
                refused.message, "what a CLIENT may ask of the OPERATOR", "correct the fields"
            ) from None
        return {"url": session.url}

    def acting(self) -> dict[str, Any]:
        """What is switched on now: ``on`` are faults on what is sent, ``disturbed`` bad answers, by provider."""
        on: dict[str, list[str]] = {provider: [] for provider in self.providers.served}
        for provider, fault in self.providers.faults():
            on[provider].append(spell_fault(fault))
        disturbed = {
            provider: [
                f"{fault}, {'until ended' if left is None else f'{left} more'}"
                for fault, left in served.simulator.disturbances.left
            ]
            for provider, served in self.providers.served.items()
        }
        return {"on": on, "disturbed": disturbed}

    def _made(self, exchanges: list[Exchange]) -> dict[str, Any]:
        last = exchanges[-1]
        return {
            "exchanges": [each.number for each in exchanges],
            "outcome": str(last.effect),
            "said": self.providers.redactor.text(str(last.error or last.failure or "")),
        }
