"""The back-office: settings, vouchers, stores and deliveries, as pages of plain forms.

Implements what ``voucher-webhook.txt`` tells of it: the notification URL, and for a chosen store a test webhook
of each store event. Confirming, refunds, changes of stores and "send again" are the staging's levers.
"""

import contextlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, get_args
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from simulators.jackpot import wire
from simulators.jackpot.account import Confirmation
from simulators.jackpot.catalogue import pricing
from simulators.jackpot.catalogue.stores import Listing, StoreEventName
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.field_types import bounded
from simulators.jackpot.lifecycle import LIFECYCLE, IllegalTransition, VoucherEvent, VoucherState
from simulators.jackpot.pages import backoffice_log
from simulators.jackpot.pages.widget import SCRIPT
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.world import Voucher
from simulators.server import csrf
from simulators.server.pages import guarded
from simulators.server.responses import ApiError
from simulators.values import money
from simulators.webhooks.retry_queue import DeliveryStanding, QueuedMessage

NAME: Final = "backoffice"
PREFIX: Final = "/back-office"
# How many vouchers and deliveries a page shows, the newest first.
SHOWN: Final = 100
# How long a page waits for the answer to a webhook before it shows that there is none yet, in seconds.
_PATIENCE: Final = 2.0
# What the buttons say; the table of the lifecycle decides which of them a voucher has.
_WORDS: Final = {
    VoucherEvent.CONFIRM: "Confirm",
    VoucherEvent.CANCEL: "Cancel",
    VoucherEvent.EXPIRE: "Let it expire",
    VoucherEvent.MAKE_READY: "Make ready",
    VoucherEvent.ASK_REFUND: "Ask for a refund",
    VoucherEvent.REFUND: "Accept the refund",
    VoucherEvent.REJECT_REFUND: "Reject the refund",
}


class _Refused(Exception):
    """What was filled in cannot be done; the text says why and what to do."""


class Backoffice:
    """The pages of one simulator. Every form carries a token that only these pages show."""

    def __init__(self, simulator: JackpotSimulator) -> None:
        self.simulator = simulator
        self._form_token = secrets.token_urlsafe(24)

    # -- settings

    def settings(self, problem: str | None = None) -> Response:
        """Show notification URL, confirmation and credentials."""
        return self._page(
            "settings",
            problem,
            url=self.simulator.endpoint.url or "",
            confirmation=self.simulator.account.habits.confirmation,
            confirmations=get_args(Confirmation),
            email=self.simulator.agreement.email,
            client_id=self.simulator.agreement.client_id,
        )

    def save_settings(self) -> ResponseReturnValue:
        """Take over notification URL and confirmation; where the URL is refused nothing changes."""
        chosen = request.form.get("confirmation", "")
        if chosen not in get_args(Confirmation):
            raise _Refused(
                "There is no such confirmation mode. Vouchers wait or do not. Choose one of the list."
            )
        self.simulator.set_notification_url(request.form.get("notification_url", "").strip() or None)
        account = self.simulator.account
        account.habits = replace(account.habits, confirmation=chosen)  # type: ignore[arg-type]  # checked
        return redirect(url_for(".settings", saved=1), 303)

    # -- vouchers

    def vouchers(self, problem: str | None = None) -> Response:
        """Show the vouchers, the newest first, each with what may happen to it."""
        rows = [
            (
                voucher,
                [(event, _WORDS[event]) for event in LIFECYCLE.transitions[voucher.state]],
                self._file(voucher),
            )
            for voucher in reversed(self.simulator.account.vouchers[-SHOWN:])
        ]
        return self._page("vouchers", problem, rows=rows)

    def happen(self, voucher_id: str) -> ResponseReturnValue:
        """Let the chosen event come over a voucher."""
        self._voucher(voucher_id)
        try:
            self.simulator.account.happen(voucher_id, VoucherEvent(request.form.get("event", "")))
        except IllegalTransition as error:
            raise _Refused(str(error)) from None
        except ValueError:
            raise _Refused(
                "There is no such event. A voucher has its buttons only. Press one of them."
            ) from None
        return redirect(url_for(".vouchers") + f"#v-{voucher_id}", 303)

    def expire_url(self, voucher_id: str) -> ResponseReturnValue:
        """Make the signed URLs of a voucher void."""
        self._voucher(voucher_id)
        self.simulator.account.expire_signed_url(voucher_id)
        return redirect(url_for(".vouchers") + f"#v-{voucher_id}", 303)

    def _file(self, voucher: Voucher) -> str | None:
        """A new signed URL of the voucher's PDF, where it has one."""
        if voucher.state is not VoucherState.READY:
            return None
        with contextlib.suppress(ApiError):
            return self.simulator.service.signed_url(voucher.id).signed_url
        return None

    def _voucher(self, voucher_id: str) -> Voucher:
        try:
            return self.simulator.account.voucher(voucher_id)
        except KeyError:
            abort(404, "There is no such voucher. Go back to the list of vouchers.")

    # -- stores

    def stores(self, problem: str | None = None) -> Response:
        """Show the stores."""
        return self._page("stores", problem, listings=self.simulator.account.listings)

    def store(self, store_id: str, problem: str | None = None) -> Response:
        """Show one store: its test webhooks, and what may be changed."""
        listing = self._listing(store_id)
        store = listing.store
        return self._page(
            "store",
            problem,
            listing=listing,
            store=store,
            events=get_args(StoreEventName),
            values=", ".join(map(money.plain, store.voucher_possible_discrete_values or ())),
            rate=money.plain(store.discounts[0].discount_rate) if store.discounts else "0",
        )

    def test_webhook(self, store_id: str) -> ResponseReturnValue:
        """Send a test webhook for a store as it is."""
        self._listing(store_id)
        name = request.form.get("event", "")
        if name not in get_args(StoreEventName):
            raise _Refused(
                "There is no such event of stores. Webhooks are the documented ones. Press a button."
            )
        return self._sent(self.simulator.account.notify_store(name, store_id))  # type: ignore[arg-type]  # checked

    def offer(self, store_id: str) -> ResponseReturnValue:
        """Enable or disable a store, which is told to the CLIENT."""
        self._listing(store_id)
        account = self.simulator.account
        change = account.enable_store if request.form.get("offered") == "yes" else account.disable_store
        return self._sent(change(store_id))

    def change(self, store_id: str) -> ResponseReturnValue:
        """Change a store's name, values and discount, which is told to the CLIENT as one update."""
        store = self._listing(store_id).store
        low, high, rate = _number("lowest"), _number("highest"), _number("rate")
        values = [
            _decimal("value", each) for each in request.form.get("values", "").split(",") if each.strip()
        ]
        continuous = request.form.get("kind") == "continuous"
        changes: dict[str, Any] = {
            "name": request.form.get("name", "").strip() or store.name,
            "voucherValueMin": low,
            "voucherValueMax": high,
            "voucherWithContinuousValue": continuous,
            "voucherPossibleDiscreteValues": None if continuous else tuple(sorted(values)),
        }
        if not continuous and not values:
            raise _Refused(
                "No value is given. A store with single values has at least one. List some: 20, 30."
            )
        if rate != (store.discounts[0].discount_rate if store.discounts else Decimal(0)):
            span = {"voucherValueMin": low, "voucherValueMax": high, "discountRate": rate}
            changes["discounts"] = [span]
        try:
            return self._sent(self.simulator.account.update_store(store_id, changes))
        except ValidationError as error:
            reasons = "; ".join(each["msg"].removeprefix("Value error, ") for each in error.errors())
            raise _Refused(f"That makes no store: {reasons}. Nothing changed. Correct it.") from None

    def _listing(self, store_id: str) -> Listing:
        try:
            return self.simulator.account.listing(store_id)
        except KeyError:
            abort(404, "There is no such store. Go back to the list of stores.")

    # -- deliveries

    def deliveries(self, problem: str | None = None) -> Response:
        """Show the deliveries, the newest first."""
        every = self.simulator.queue.deliveries
        return self._page(
            "deliveries",
            problem,
            deliveries=every[: -SHOWN - 1 : -1],
            total=len(every),
            given_up=DeliveryStanding.GIVEN_UP,
        )

    def delivery(self, delivery_id: int, problem: str | None = None) -> Response:
        """Show one delivery: payload, attempts, answers."""
        delivery = self._delivery(delivery_id)
        return self._page(
            "delivery",
            problem,
            delivery=delivery,
            payload=backoffice_log.payload(delivery, self.simulator.redactor),
            attempts=backoffice_log.attempts(delivery, self.simulator.history, self.simulator.redactor),
            acknowledged=DeliveryStanding.ACKNOWLEDGED,
            waiting=DeliveryStanding.WAITING,
        )

    def again(self, delivery_id: int) -> ResponseReturnValue:
        """Send a delivery once more, now."""
        self._delivery(delivery_id)
        try:
            self.simulator.queue.again(delivery_id)
        except ValueError:
            raise _Refused(
                "There is no notification URL. Webhooks are sent to one. Fill it in under Settings."
            ) from None
        return redirect(url_for(".delivery", delivery_id=delivery_id), 303)

    def _delivery(self, delivery_id: int) -> QueuedMessage[wire.Notification]:
        try:
            return self.simulator.queue.delivery(delivery_id)
        except KeyError:
            abort(404, "There is no such delivery. Go back to the list of deliveries.")

    def _sent(self, delivery: QueuedMessage[wire.Notification]) -> ResponseReturnValue:
        """Lead to the delivery's page, once its first answer is there or after a moment."""
        self.simulator.queue.wait(delivery.id, _PATIENCE)
        return redirect(url_for(".delivery", delivery_id=delivery.id), 303)

    # -- the widget, tried out

    def widget(self, problem: str | None = None) -> Response:
        """Show the widget with a session of its own, as a CLIENT's page would; it is the CLIENT's player."""
        amount = request.args.get("amount", "")
        token = None
        if amount:
            try:
                token = self._session_token(money.parse(amount))
            except ValueError:
                problem = f"The amount is {amount[:40]!r}. A session may spend whole cents, more than none. Give 100."
        return self._page("widget", problem, amount=amount, token=token, script=SCRIPT, scripted=True)

    def _session_token(self, amount: Decimal) -> str:
        claims = session_jwt.Claims(
            amount=amount,
            iat=int(self.simulator.account.clock()),
            notification_key=f"back-office-{secrets.token_hex(8)}",
        )
        return session_jwt.mint(claims, self.simulator.agreement.api_signature)

    # -- inside

    def checked(self, act: Callable[..., ResponseReturnValue], page: Callable[..., Response]) -> Any:
        """Return a view that acts for forms of these pages only, and shows ``page`` where it is refused."""

        def view(**path: Any) -> ResponseReturnValue:
            given = request.form.get("form_token", "").encode("utf-8", "surrogatepass")
            if not hmac.compare_digest(given, self._form_token.encode()):
                abort(
                    403,
                    "This form did not come from the back-office. Nothing was done. Reload the page first.",
                )
            try:
                return act(**path)
            except _Refused as refused:
                problem = str(refused)
            except ApiError as error:
                problem = error.message
            shown = page(**(path if page in (self.store, self.delivery) else {}), problem=problem)
            shown.status_code = 422
            return shown

        return view

    def _page(self, name: str, problem: str | None, *, scripted: bool = False, **context: object) -> Response:
        shown = {"here": name, "problem": problem, "form_token": self._form_token, **context}
        origin = urlsplit(self.simulator.account.public_url)
        pictures = f"{origin.scheme}://{origin.netloc}"
        return _guarded(f"backoffice/{name}.html", shown, pictures=pictures, scripted=scripted)


def blueprint(simulator: JackpotSimulator) -> Blueprint:
    """Return the back-office of ``simulator``, under PREFIX."""
    backoffice = Backoffice(simulator)
    pages = Blueprint(NAME, __name__, url_prefix=PREFIX, template_folder="templates")
    pages.before_request(lambda: _admit(simulator))
    pages.add_app_template_filter(lambda amount: money.show(amount, pricing.CURRENCY), "euros")
    pages.add_app_template_filter(_moment, "moment")
    for path, endpoint, show in (
        ("", "settings", backoffice.settings),
        ("/vouchers", "vouchers", backoffice.vouchers),
        ("/stores", "stores", backoffice.stores),
        ("/stores/<store_id>", "store", backoffice.store),
        ("/deliveries", "deliveries", backoffice.deliveries),
        ("/deliveries/<int:delivery_id>", "delivery", backoffice.delivery),
        ("/widget", "widget", backoffice.widget),
    ):
        pages.add_url_rule(path, endpoint, show, methods=["GET"])
    for path, act, page in (
        ("/settings", backoffice.save_settings, backoffice.settings),
        ("/vouchers/<voucher_id>", backoffice.happen, backoffice.vouchers),
        ("/vouchers/<voucher_id>/expire-url", backoffice.expire_url, backoffice.vouchers),
        ("/stores/<store_id>/webhook", backoffice.test_webhook, backoffice.store),
        ("/stores/<store_id>/offered", backoffice.offer, backoffice.store),
        ("/stores/<store_id>/change", backoffice.change, backoffice.store),
        ("/deliveries/<int:delivery_id>/again", backoffice.again, backoffice.delivery),
    ):
        pages.add_url_rule(path, act.__name__, backoffice.checked(act, page), methods=["POST"])
    return pages


def _admit(simulator: JackpotSimulator) -> None:
    csrf.check_host([simulator.account.public_url])
    csrf.check_site()


def serves(path: str) -> bool:
    """Whether ``path`` is one of the back-office, so that its errors are pages."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def error_page(error: HTTPException) -> Response:
    """Return ``error`` as a page for people."""
    return _guarded("backoffice/error.html", {"error": error}, status=error.code or 500)


def _guarded(
    template: str,
    context: dict[str, object],
    *,
    status: int = 200,
    pictures: str = "",
    scripted: bool = False,
) -> Response:
    """A page that stands in no frame and loads nothing from elsewhere but pictures from the origin ``pictures``.

    ``scripted``: it runs the widget; the others run nothing.
    """
    nonce = secrets.token_urlsafe(16)
    response = Response(render_template(template, nonce=nonce, **context), status)
    widget = f"; script-src 'self' 'nonce-{nonce}'; connect-src 'self'" if scripted else ""
    return guarded(
        response,
        f"default-src 'none'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: {pictures}; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors 'none'{widget}",
    )


def _number(name: str) -> Decimal:
    return _decimal(name, request.form.get(name, ""))


def _decimal(name: str, text: str) -> Decimal:
    try:
        return bounded(text.strip())
    except ValueError:
        raise _Refused(
            f"The {name} is {text.strip()[:40]!r}. Values are EUR and rates are percent. Give a number: 25.50."
        ) from None


def _moment(seconds: float | datetime) -> str:
    instant = seconds if isinstance(seconds, datetime) else datetime.fromtimestamp(seconds, UTC)
    return instant.astimezone(UTC).strftime("%d %b %Y, %H:%M:%S UTC")
