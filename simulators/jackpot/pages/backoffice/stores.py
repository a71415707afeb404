"""Stores in the back-office: edited, added, withdrawn, and test webhooks of each.

Implements ``voucher-webhook.txt``, *Offer catalog update notifications*. /v2/stores follows each change at once, and
the CLIENT is notified of it by the documented event.
"""

from typing import get_args

from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from simulators.jackpot.catalogue import stores as catalogue
from simulators.jackpot.catalogue.stores import Listing, StoreEventName, Unfit
from simulators.jackpot.pages.backoffice import store_form
from simulators.jackpot.pages.backoffice.page import Backoffice, Refused

_NOTHING_SAVED = "Nothing was saved, and no webhook was sent. Correct what is marked below."


class StorePages:
    """The list of stores, each store, and the form of a new one."""

    def __init__(self, backoffice: Backoffice) -> None:
        self.backoffice = backoffice
        self.account = backoffice.simulator.account

    def stores(self) -> Response:
        """Show the stores."""
        shown = [
            (each, self.account.published(each.store) if store_form.is_drawn(each.store) else None)
            for each in self.account.listings
        ]
        return self.backoffice.page("stores", shown=shown)

    def store(self, store_id: str, problem: Refused | None = None) -> Response:
        """Show one store: what may be changed."""
        listing = self._listing(store_id)
        return self.backoffice.page(
            "store",
            problem,
            listing=listing,
            store=listing.store,
            **store_form.context(store_form.written(listing.store)),
        )

    def new(self, problem: Refused | None = None) -> Response:
        """Show the form of a new store."""
        return self.backoffice.page(
            "store_new", problem, **store_form.context(store_form.blank(self.account.clock()))
        )

    def add(self) -> ResponseReturnValue:
        """Add a store, of which the CLIENT is notified."""
        try:
            return self.backoffice.sent(self.account.add_store(store_form.read()))
        except Unfit as unfit:
            raise Refused(_NOTHING_SAVED, unfit.problems) from None

    def change(self, store_id: str) -> ResponseReturnValue:
        """Change a store's properties, of which the CLIENT is notified as one update."""
        store = self._listing(store_id).store
        try:
            wanted = catalogue.made({**store_form.read(), "id": store_id})
            if wanted == store:
                raise Refused(
                    "Nothing differs from the store as it is. store/update carries a change. "
                    "Change a property, or send a test webhook."
                )
            changes = {**dict.fromkeys(store.model_dump()), **wanted.model_dump()}
            return self.backoffice.sent(self.account.update_store(store_id, changes))
        except Unfit as unfit:
            raise Refused(_NOTHING_SAVED, unfit.problems) from None

    def offer(self, store_id: str) -> ResponseReturnValue:
        """Enable or disable a store, or take it out for good, of which the CLIENT is notified."""
        self._listing(store_id)
        change = {
            "yes": self.account.enable_store,
            "no": self.account.disable_store,
            "never": self.account.remove_store,
        }.get(request.form.get("offered", ""))
        if change is None:
            raise Refused("There is no such choice. A store is offered or not. Press a button.")
        try:
            return self.backoffice.sent(change(store_id))
        except Unfit as unfit:
            raise Refused(f"The store was not removed: {unfit}. Add another first.") from None

    def webhook(self, problem: Refused | None = None) -> Response:
        """Show which test webhook may be sent for which store."""
        return self.backoffice.page(
            "webhook", problem, listings=self.account.listings, events=get_args(StoreEventName)
        )

    def test_webhook(self) -> ResponseReturnValue:
        """Send a test webhook for a chosen store as it is."""
        listing = self._listing(request.form.get("store", ""))
        name = request.form.get("event", "")
        if name not in get_args(StoreEventName):
            raise Refused(
                "There is no such event of stores. Webhooks are the documented ones. Choose one of the list."
            )
        return self.backoffice.sent(self.account.notify_store(name, listing.store.id))  # type: ignore[arg-type]  # checked

    def _listing(self, store_id: str) -> Listing:
        try:
            return self.account.listing(store_id)
        except KeyError:
            abort(404, "There is no such store. Go back to the list of stores.")
