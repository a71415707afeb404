"""Jackpot's stores as programs list and change them: by the account that the back-office's pages use."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from scenarios.console.control.events import store_changes
from scenarios.console.form_input import FormInput, misfilled, read_as
from scenarios.console.providers import ServedProviders
from simulators.jackpot.account import Account
from simulators.jackpot.catalogue.stores import Listing, Unfit
from simulators.providers import JACKPOT

# What can be done with a store; the CLIENT is notified of each, again until it acknowledges.
ACTS: Final = ("add", "change", "offer", "withdraw", "remove")
# How long the answer waits for that of the CLIENT, in seconds.
_PATIENCE: Final = 5.0


def listed(providers: ServedProviders) -> dict[str, Any]:
    """Every store of the catalogue as /v2/stores tells it, with whether it is ``offered``."""
    account: Account = providers.need(JACKPOT).simulator.account
    return {"stores": [_shown(account, each) for each in account.listings]}


def change(providers: ServedProviders, asked: FormInput) -> dict[str, Any]:
    """Add, change, offer, withdraw or remove a store, and notify the CLIENT; how that ended. Raises Misfilled."""
    simulator = providers.need(JACKPOT).simulator
    account: Account = simulator.account
    act = asked.choice("act", ACTS)
    with read_as("changes"):
        wanted = store_changes(asked)
    store = asked.text("store")
    if act != "add" and store not in {each.store.id for each in account.listings}:
        raise misfilled(
            "store",
            f"store is {store!r}" if store else "no store is named",
            "the id of a store of the catalogue",
            "take one of GET /stores",
        )
    acts: Mapping[str, Callable[[], Any]] = {
        "add": lambda: account.add_store(wanted),
        "change": lambda: account.update_store(store, wanted),
        "offer": lambda: account.enable_store(store),
        "withdraw": lambda: account.disable_store(store),
        "remove": lambda: account.remove_store(store),
    }
    try:
        delivery = acts[act]()
    except Unfit as unfit:
        raise misfilled(
            "store" if act == "remove" else "changes",
            f"it was not removed: {unfit}" if act == "remove" else f"that makes no store: {unfit}",
            "documented properties with values of their types, NAME=JSON a line, and one store at least",
            "see GET /stores for an example",
        ) from None
    sent = simulator.queue.wait(delivery.id, _PATIENCE)
    return {"store": delivery.event.message.store_id, "delivery": sent.id, "standing": str(sent.standing)}


def _shown(account: Account, listing: Listing) -> dict[str, Any]:
    return account.published(listing.store).model_dump() | {"offered": listing.enabled}
