"""The checkout's simulator, whole: checkouts, decisions on their way, and faults on demand."""

import hashlib
import hmac
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from simulators.checkout import claims as claim_checks
from simulators.checkout import wire, world
from simulators.checkout.claims import TokenReading
from simulators.checkout.forgeries import FORGERIES
from simulators.checkout.lifecycle import CheckoutEvent
from simulators.checkout.wire import Agreement, Decision, Notice
from simulators.checkout.world import Checkout
from simulators.exchanges.history import Exchange, Purpose
from simulators.exchanges.redaction import Redactor
from simulators.server.access.tokens import Tokens, TokenStanding, digest
from simulators.server.responses import ApiError
from simulators.simulator import Simulator
from simulators.transport.route import Route
from simulators.transport.sending import deliver
from simulators.values.clocks import running_time
from simulators.values.ids import random_id
from simulators.values.records import Table
from simulators.values.secret import same
from simulators.webhooks.endpoint import Endpoint
from simulators.webhooks.message_log import QueuedMessage
from simulators.webhooks.retry_queue import RetryQueue, Schedule

CREATE: Final = "createMerchantCheckout"
PRICE: Final = "price"
# What a recorded request is called in the history, and what can be disturbed.
KINDS: Final = frozenset({CREATE, PRICE})
# For how long a Bearer token holds.
TOKEN_SECONDS: Final = 3600


class CheckoutSimulator(Simulator[Notice]):
    """One checkout for one merchant. Safe to use from several threads.

    ``route`` brings the history along and ``decision_url`` is where decisions go (None: nowhere). ``clock``
    is seconds since the epoch; ``queue_clock`` counts seconds for ``schedule``. ``public_url`` is where browsers reach
    the simulator.
    """

    provider = wire.PROVIDER
    kinds = KINDS
    owner = "the checkout"

    def __init__(
        self,
        agreement: Agreement,
        route: Route,
        *,
        decision_url: str | None = None,
        schedule: Schedule | None = None,
        clock: Callable[[], float] = time.time,
        queue_clock: Callable[[], float] = running_time,
    ) -> None:
        endpoint = Endpoint(
            wire.PROVIDER,
            decision_url,
            route,
            wire.body,
            wire.read,
            wire.kind,
            elsewhere=lambda notice: notice.to,
        )
        super().__init__(RetryQueue(endpoint, schedule, clock=queue_clock))
        self.agreement = agreement
        self.clock = clock
        self.public_url = "http://127.0.0.1:8703"
        self.redactor = Redactor(
            {
                "CHECKOUT_KEY": agreement.key,
                "CHECKOUT_DECISION_KEY": agreement.decision_key or "",
                "CHECKOUT_CLIENT_ID": agreement.client_id or "",
            }
        )
        # How the Bearer tokens stood that checkouts were asked for with, and how often (None: without any).
        self.bearers: Counter[TokenStanding | None] = Counter()
        self.tokens = Tokens(clock)
        self._form_secret = secrets.token_bytes(32)
        self._checkouts = Table[str, Checkout]()
        self._by_payload = Table[str, str]()

    # -- what the API asks

    def authenticate(self, client_id: str) -> str | None:
        """Return a Bearer token that holds for TOKEN_SECONDS; None where ``client_id`` is not the agreed one."""
        agreed = self.agreement.client_id
        if agreed is not None and not same(client_id, agreed):
            return None
        return self.tokens.issue(TOKEN_SECONDS)

    def check_token(self, token: str | None) -> None:
        """Raise ApiError (401) where a token is asked for and ``token`` is none that holds."""
        standing = None if token is None else self.tokens.standing(token)
        with self.lock:
            self.bearers[standing] += 1
        if self.agreement.client_id is not None and standing is not TokenStanding.VALID:
            came = "There is no Bearer token" if standing is None else f"The Bearer token is {standing.value}"
            raise ApiError(
                401,
                "UNAUTHENTICATED",
                f"{came}. Checkouts are created under one that authenticateClient gave within the hour. Ask for one "
                "with your clientId, and send Authorization: Bearer.",
            )

    def revoke_tokens(self) -> None:
        """Make every Bearer token given out so far worthless."""
        self.tokens.revoke()

    def verify(self, payload: str) -> TokenReading:
        """Check a merchant's token as it is now."""
        return claim_checks.verify(payload, self.agreement, self.clock())

    def create(self, payload: str) -> TokenReading | Checkout:
        """Return the checkout of a merchant's token, or the verdict of one that does not hold.

        The same token shown again gives the same checkout, so that a lost answer makes no second one.
        """
        known_by = digest(payload)
        with self.lock:
            known = self._by_payload.get(known_by)
            if known is not None:
                return self._checkouts[known]
            verdict = self.verify(payload)
            if not verdict.holds:
                return verdict
            checkout = Checkout(random_id(), verdict.claims, self.clock())
            self._checkouts[checkout.token] = checkout
            self._by_payload[known_by] = checkout.token
            return checkout

    def form_token(self, token: str) -> str:
        """What a form of the checkout's own page carries."""
        return hmac.new(self._form_secret, token.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    # -- what a judge looks at and does

    @property
    def checkouts(self) -> list[Checkout]:
        """The checkouts as they stand now, the oldest first."""
        with self.lock:
            return [self.checkout(token) for token in list(self._checkouts)]

    def checkout(self, token: str) -> Checkout:
        """Return one checkout as it stands now; raises KeyError."""
        with self.lock:
            checkout = self._checkouts[token]
            if world.due(checkout, self.clock()):
                checkout, _ = world.happen(checkout, CheckoutEvent.EXPIRE, self.clock())
                self._checkouts[token] = checkout
            return checkout

    def decide(self, token: str, approved: bool) -> QueuedMessage[Notice]:
        """Approve or decline a checkout, and tell the merchant; raises KeyError or IllegalTransition."""
        with self.lock:
            event = CheckoutEvent.APPROVE if approved else CheckoutEvent.DECLINE
            after, decision = world.happen(self.checkout(token), event, self.clock())
            if decision is None:
                raise TypeError(f"{event} notifies the merchant of nothing")
            notice = self.sign(decision)
            self._checkouts[token] = after
            return self.queue.post(notice)

    def expire(self, token: str) -> None:
        """Let a checkout's hour be over now; raises KeyError or IllegalTransition."""
        with self.lock:
            self._checkouts[token], _ = world.happen(self.checkout(token), CheckoutEvent.EXPIRE, self.clock())

    def decision(self, token: str, approved: bool) -> Decision:
        """Return a decision about any ``token``, also one of no checkout; nothing is sent or changed."""
        with self.lock:
            known = self._checkouts.get(token)
            if known is not None:
                return world.decide(known, approved, self.clock())
        now = self.clock()
        return Decision(self.agreement.merchant_id, token, None, approved, now, int(now))

    def sign(self, decision: Decision) -> Notice:
        """Return the notice of ``decision``; raises signing.BadKey without a key to sign with.

        It goes to serverToServer of the checkout's token where that names one.
        """
        with self.lock:
            known = self._checkouts.get(decision.reference)
        urls = None if known is None else known.claims.callback_urls
        return wire.sign(decision, self.agreement, None if urls is None else urls.server_to_server)

    def notify(self, decision: Decision, *, genuine: bool = False) -> QueuedMessage[Notice]:
        """Tell the merchant of any ``decision``, well signed and with retries; no checkout changes.

        For one of an unknown checkout, one against the truth, or one sent twice under a new `iat`.
        """
        return self.queue.post(self.sign(decision), genuine=genuine)

    def send_forged(self, decision: Decision, forgery: str) -> Exchange:
        """Send ``decision`` badly signed, once, in one of the ways of FORGERIES; raises KeyError."""
        notice = self.sign(decision)
        forged = replace(notice, payload=FORGERIES[forgery](notice, self.agreement))
        return self._send_once(forged, f"forged decision ({forgery})")

    def send_fields(self, decision: Decision, fields: Mapping[str, Any], label: str) -> Exchange:
        """Send any ``fields``, well signed, once, in place of ``decision`` and to where that goes."""
        notice = replace(self.sign(decision), payload=wire.sign_fields(fields, self.agreement))
        return self._send_once(notice, f"decision ({label})")

    def _send_once(self, notice: Notice, label: str) -> Exchange:
        """Send what the provider would never say, without faults or retries."""
        request = self.endpoint.request(notice)
        delivery = self.endpoint.delivery_of(request, label=label, purpose=Purpose.FORGERY, genuine=False)
        [exchange] = deliver(delivery, self.endpoint.route)
        return exchange

    # -- what outlives a restart

    def tables(self) -> dict[str, Table[Any, Any]]:
        """Tokens given out (by hash), checkouts, which of them a merchant's token (by hash) made, and what is owed."""
        return {
            "tokens": self.tokens.given,
            "checkouts": self._checkouts,
            "payloads": self._by_payload,
            **super().tables(),
        }

    def restore(self, records: Mapping[str, Mapping[Any, Any]]) -> None:
        """Go on from the ``records`` of an earlier run. Raises ValueError."""
        if not set(records["payloads"].values()) <= set(records["checkouts"]):
            raise ValueError("a merchant's token made a checkout that is not there")
        super().restore(records)

    def reached_at(self, url: str, public_url: str | None) -> None:
        """The checkout's pages are at ``public_url``, or below the API."""
        self.public_url = public_url or url
