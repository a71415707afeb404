"""What the console's buttons do: raise events, send again, switch faults, open sessions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from scenarios.console.control.events import Events
from scenarios.console.form_input import FormInput, misfilled
from scenarios.console.providers import ServedProviders
from scenarios.problems.errors import UsageProblem
from scenarios.wallet.player import Player
from simulators.checkout.simulator import KINDS as CHECKOUT_KINDS
from simulators.exchanges.history import Direction, Exchange
from simulators.exchanges.owners import ALL
from simulators.jackpot.operations import KINDS as JACKPOT_KINDS
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR
from simulators.server.responses import ApiError
from simulators.transport.faults.table import spell_fault

# What the CLIENT asks of each provider, which can be answered badly.
ASKED_OF: Final[Mapping[str, tuple[str, ...]]] = {
    OPERATOR: ("auth", "start-session"),
    JACKPOT: tuple(sorted(JACKPOT_KINDS)),
    CHECKOUT: tuple(sorted(CHECKOUT_KINDS)),
}
# The field of a session that an answer of the OPERATOR is about, by its code; all others are about the player.
_FIELD_OF: Final = {"CURRENCY_NOT_AGREED": "currency", "LANGUAGE_NOT_AGREED": "lang"}
_HTML: Final = b"<html><body>Bad gateway</body></html>"
_LATE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class _BadAnswer:
    """A way to answer badly, in words and as the arguments of ``disturb``."""

    words: str
    how: Mapping[str, Any]


BAD_ANSWERS: Final[Mapping[str, _BadAnswer]] = {
    "500": _BadAnswer("HTTP 500", {"answer": (500, b'{"error": "INTERNAL_ERROR"}', "application/json")}),
    "401": _BadAnswer("HTTP 401", {"answer": (401, b'{"error": "UNAUTHORIZED"}', "application/json")}),
    "html": _BadAnswer("HTTP 502 with a page that is no JSON", {"answer": (502, _HTML, "text/html")}),
    "late": _BadAnswer(f"the right answer, {_LATE_SECONDS:g} s late", {"delay_seconds": _LATE_SECONDS}),
}
TIMES: Final = ("1", "5", "all")


class Actions(Events):
    """What can be done in one console; each takes what was asked and returns JSON. Raises Problem."""

    providers: ServedProviders

    def __init__(self, providers: ServedProviders) -> None:
        super().__init__(providers)

    def again(self, number: int, asked: FormInput, *, fresh: bool = False) -> dict[str, Any]:
        """Send an exchange again, byte for byte, ``fresh``, as a new transaction, or with the message ``asked`` for.

        Raises UsageProblem where a provider did not send it, or it holds no id that could be new.
        """
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
        channel = self.providers.channel(first.provider)
        if fresh and asked.has("body"):
            raise misfilled(
                "body",
                "another body was asked for together with fresh",
                "one of them: whoever edits a body also chooses its id",
                "leave one out",
            )
        if asked.has("body"):
            return self.edited(channel, first.request, number, asked)
        return self.renewed(channel, first.request, number) if fresh else self.made([channel.again(first)])

    def to_edit(self, exchange: Exchange) -> dict[str, Any]:
        """What the form to edit ``exchange`` needs: its message (None: it cannot be edited), and if it is signed."""
        ours = exchange.direction is Direction.TO_CLIENT
        signed = ours and self.providers.channel(exchange.provider).signs
        return {"edit": self.editable(exchange), "signed": signed}

    def editable(self, exchange: Exchange) -> str | None:
        """The message of ``exchange`` as a text that can be edited; None where it is none, or holds a secret."""
        if exchange.direction is not Direction.TO_CLIENT:
            return None
        message = self.providers.channel(exchange.provider).message_in(exchange.request)
        try:
            text = message.decode()
        except UnicodeDecodeError:
            return None
        return text if self.providers.redactor.text(text) == text else None

    def deliver(self, asked: FormInput) -> dict[str, Any]:
        """Send a delivery now, whatever became of it."""
        provider = asked.choice("provider", tuple(self.providers.served))
        queue = self.providers.need(provider).simulator.queue
        try:
            return self.made(queue.again(asked.count("id", 0, 0, 10**9)))
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
        badly = BAD_ANSWERS[asked.choice("how", tuple(BAD_ANSWERS))]
        times = asked.choice("times", TIMES, "1")
        simulator = self.providers.need(provider).simulator
        simulator.disturb(path, None if times == "all" else int(times), about=ALL, **badly.how)
        return self.acting()

    def end_faults(self) -> dict[str, Any]:
        """End every fault and every bad answer."""
        for provider, served in self.providers.served.items():
            self.providers.set_faults(provider, [])
            served.simulator.disturbances.calm(ALL)
        return self.acting()

    def reset(self) -> dict[str, Any]:
        """End every fault and every bad answer; say where the history stands, for what comes after."""
        return self.end_faults() | {"since": len(self.providers.history)}

    def audited(self, asked: FormInput) -> tuple[Player, Decimal]:
        """The player whom an audit is about, and what was owned before it."""
        player, opening = self.player(asked), asked.amount("opening")
        if opening is None:
            raise misfilled(
                "opening", "opening is empty", "what the player owned, such as 100.00", "fill it in"
            )
        return player, opening

    def open_session(self, asked: FormInput) -> dict[str, Any]:
        """Open the sportsbook for a player: through the CLIENT where the driver can launch, else straight."""
        served = self.providers.need(OPERATOR)
        player, lang = self.player(asked), asked.text("lang", "en")
        if asked.flag("through_client"):
            return {"url": self.providers.driver.launch(player.id, player.currency, lang)}
        agreement = served.simulator.agreement
        credentials = {"username": agreement.username, "password": agreement.password}
        wanted = {"user_id": player.id, "currency": player.currency, "lang": lang}
        try:
            token = served.simulator.auth(json.dumps(credentials).encode()).token
            session = served.simulator.start_session(token, json.dumps(wanted).encode(), served.public_url)
        except ApiError as refused:
            expected, step = "what a CLIENT may ask of the OPERATOR", "correct it"
            field = _FIELD_OF.get(refused.code, "player")
            raise misfilled(field, refused.message, expected, step) from None
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
