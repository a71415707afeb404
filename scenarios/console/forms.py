"""What the console's forms offer: events with their fields, faults, bad answers, choices of a check."""

from dataclasses import dataclass
from typing import Any, Final

from scenarios.console import actions
from scenarios.console.control.events import COPIES, COUPON_EVENTS, DECISIONS, STORE_EVENTS, TOGETHER
from scenarios.console.control.filters import OUTCOMES, WORDS
from scenarios.console.providers import ServedProviders
from scenarios.contract import GROUPS
from scenarios.run.planning.effort import EFFORTS
from simulators.checkout.forgeries import fitting
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR, PROVIDERS
from simulators.transport.faults.table import FAULTS, parameters


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a form. ``choices`` make it a list; ``lines`` a text of several lines; ``wide`` takes a row."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    decimal: bool = False
    lines: bool = False
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class EventForm:
    """The events that share their fields: a button for each, (event, words)."""

    provider: str
    title: str
    note: str
    inputs: tuple[Input, ...]
    buttons: tuple[tuple[str, str], ...]
    together: bool = False


_ID: Final = Input("id", "Event id", hint="a new one")


def _operator(providers: ServedProviders) -> EventForm:
    _, players = providers.target.need_operator()
    known = tuple((name, name) for name in players.ids)
    inputs = (
        Input("player", "Player", players.ids[0], choices=known)
        if len(known) > 1
        else Input("player", "Player", players.ids[0]),
        Input("amount", "Amount", "10.00", decimal=True),
        Input("currency", "Currency", players.currency),
        Input("id", "transaction_id", hint="a new one"),
        Input("of", "Rolls back", hint="a transaction_id"),
    )
    return EventForm(
        OPERATOR,
        "Wagers",
        "Signed callbacks, sent once. An orphan rolls back what the CLIENT never saw.",
        inputs,
        (("bet", "Bet"), ("result", "Result"), ("rollback", "Rollback"), ("orphan", "Orphan rollback")),
        together=True,
    )


def _coupons() -> EventForm:
    inputs = (
        Input("voucher", "Voucher id", hint="a new one"),
        Input("price", "Price, EUR", hint="as the store sells", decimal=True),
        Input("value", "Value, EUR", hint="as the store sells", decimal=True),
        Input("notification_key", "notificationKey", hint="of the session's JWT"),
        _ID,
    )
    return EventForm(
        JACKPOT,
        "Voucher webhooks",
        "Claims that Jackpot's API does not confirm: no voucher changes. For real ones use the back-office.",
        inputs,
        tuple((event, event) for event in COUPON_EVENTS),
    )


def _stores(providers: ServedProviders) -> EventForm:
    listings = providers.need(JACKPOT).simulator.account.listings
    stores = tuple((each.store.id, each.store.name) for each in listings)
    inputs = (
        Input("store", "Store", stores[0][0], choices=stores),
        Input("changes", "Changes, one a line", hint="voucherValueMax=100", lines=True),
        _ID,
    )
    return EventForm(
        JACKPOT,
        "Store webhooks",
        "The store is offered, withdrawn or changed so at Jackpot, and the CLIENT is notified of it.",
        inputs,
        tuple((event, event) for event in STORE_EVENTS),
    )


def _checkout(providers: ServedProviders) -> EventForm:
    ways = fitting(providers.need(CHECKOUT).simulator.agreement)
    inputs = (
        Input("checkout_token", "Checkout's token", hint="a new one, unknown"),
        Input("merchant_reference", "merchantReference"),
        Input("forged", "Signature", choices=(("", "right"), *((way, f"forged: {way}") for way in ways))),
    )
    return EventForm(
        CHECKOUT,
        "Decisions",
        "No checkout changes; for one that is really decided use the hosted page.",
        inputs,
        ((DECISIONS[0], "Approved"), (DECISIONS[1], "Declined")),
    )


def events(providers: ServedProviders) -> list[EventForm]:
    """The forms of every event of the providers that are served."""
    made = []
    if providers.operator is not None and providers.target.players is not None:
        made.append(_operator(providers))
    if providers.jackpot is not None:
        made += [_coupons(), _stores(providers)]
    if providers.checkout is not None:
        made.append(_checkout(providers))
    return made


def faults() -> list[dict[str, Any]]:
    """Every fault that acts on single sends, with its parameters in words."""
    return [
        {
            "name": name,
            "summary": kind.summary,
            "parameters": [
                {"name": key, "expected": expected, "meaning": meaning, "default": default}
                for key, expected, meaning, default in parameters(kind)
            ],
            "example": ",".join(f"{key}={default}" for key, _, _, default in parameters(kind) if default),
        }
        for name, kind in FAULTS.items()
        # An order is that of several, and each event is sent by itself.
        if name != "reordered"
    ]


def of(providers: ServedProviders) -> dict[str, Any]:
    """Everything the page's template needs for its forms."""
    target = providers.target
    return {
        "events": events(providers),
        "faults": faults(),
        "badly": {name: badly.words for name, badly in actions.BAD_ANSWERS.items()},
        "asked_of": {name: actions.ASKED_OF[name] for name in providers.served},
        "times": actions.TIMES,
        "players": list(target.players.ids) if target.players else [],
        "currency": target.players.currency if target.players else "EUR",
        "languages": list(target.operator.languages) if target.operator else [],
        "can_launch": target.driver.launch is not None or target.driver.python is not None,
        "can_restart": target.driver.restart is not None or target.driver.python is not None,
        "efforts": list(EFFORTS),
        "providers": tuple(PROVIDERS),
        "groups": GROUPS,
        "filter_words": WORDS,
        "outcomes": OUTCOMES,
        "limits": {"copies": COPIES, "together": TOGETHER},
    }
