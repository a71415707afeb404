"""Jackpot's simulator, whole: the service that answers, the account behind it, webhooks, and faults on demand."""

import random
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from simulators.exchanges.history import Exchange
from simulators.exchanges.owners import ALL, All
from simulators.exchanges.redaction import Redactor
from simulators.jackpot import wire
from simulators.jackpot.account import Account, Confirmation, Habits
from simulators.jackpot.credentials.grants import Session
from simulators.jackpot.credentials.signed_urls import Signer
from simulators.jackpot.operations import KINDS
from simulators.jackpot.service import Agreement, Service
from simulators.jackpot.wire import Notification
from simulators.server.responses import ApiError
from simulators.simulator import Simulator
from simulators.transport.route import Route
from simulators.values.clocks import running_time
from simulators.values.records import Table
from simulators.webhooks.endpoint import Endpoint
from simulators.webhooks.retry_queue import RetryQueue, Schedule


@dataclass(frozen=True, slots=True)
class Settings:
    """What was set by hand: where webhooks go, and who confirms."""

    notification_url: str | None
    confirmation: Confirmation


class JackpotSimulator(Simulator[Notification]):
    """One Jackpot for one CLIENT. Safe to use from several threads.

    ``route`` brings the history along and ``notification_url`` is where webhooks go (None: nowhere).
    ``service`` answers the API, ``account`` holds stores and vouchers, ``queue`` the webhooks. ``clock`` is
    seconds since the epoch; ``queue_clock`` counts seconds for ``schedule``. ``seed`` makes the stores,
    ``shuffle`` (a seed) the order of webhooks that are due together. Other arguments: see Account.
    """

    provider = wire.PROVIDER
    kinds = KINDS
    owner = "Jackpot"

    def __init__(
        self,
        agreement: Agreement,
        route: Route,
        *,
        notification_url: str | None = None,
        habits: Habits | None = None,
        schedule: Schedule | None = None,
        seed: int = 0,
        shuffle: int | None = None,
        clock: Callable[[], float] = time.time,
        queue_clock: Callable[[], float] = running_time,
        files_url: str | None = None,
    ) -> None:
        queue = RetryQueue(
            Endpoint(
                wire.PROVIDER, notification_url, route, wire.encode, wire.read, wire.name, about=wire.about
            ),
            schedule,
            clock=queue_clock,
            shuffle=None if shuffle is None else random.Random(shuffle),
        )
        super().__init__(queue)
        self.agreement = agreement
        signer = Signer(agreement.client_secret)
        self.account = Account(
            queue,
            signer,
            seed=seed,
            habits=habits,
            clock=clock,
            files_url=files_url,
        )
        self.service = Service(agreement, self.account, signer, clock)
        self.redactor = Redactor(
            {
                "JACKPOT_API_KEY": agreement.api_key,
                "JACKPOT_API_SIGNATURE": agreement.api_signature,
                "JACKPOT_CLIENT_SECRET": agreement.client_secret,
            }
        )
        self._clock = clock
        self.lock = self.account.lock
        self._settings = Table[str, Settings]()

    # -- what a judge looks at and sets

    @property
    def sessions(self) -> list[Session]:
        """The sessions opened so far, the oldest first, each with the claims of its JWT."""
        with self.lock:
            return list(self.service.credentials.sessions.values())

    def expire_session(self, session_id: str) -> None:
        """Let a session's hour be over now; raises KeyError."""
        with self.lock:
            self.service.credentials.expire(session_id, self._clock())

    def revoke_server_tokens(self) -> None:
        """Make every server token given out so far worthless."""
        with self.lock:
            self.service.credentials.revoke_servers()

    def confirm_requests(self, voucher_id: str | None = None) -> list[Exchange]:
        """The CLIENT's requests to confirm a voucher (None: any) so far."""
        found = self.requests("confirm")
        if voucher_id is None:
            return found
        return [each for each in found if urlsplit(each.request.url).path.split("/")[-2] == voucher_id]

    def lose_reservation_answer(self, notification_key: str | Literal[All.ALL]) -> None:
        """Carry out the next reservation of that session but lose its answer."""
        self.disturb("reserve", lost=True, about=notification_key)

    def names_of(self, voucher_id: str | None, bearer: str | None) -> tuple[str, ...]:
        """What a request is about: its voucher, and the notificationKey of that or of the session that asks."""
        with self.lock:
            if voucher_id is not None:
                key = self.account.key_of(voucher_id)
                return (voucher_id,) if key is None else (voucher_id, key)
            session = self.service.credentials.token(bearer, self._clock())[2] if bearer else None
        key = None if session is None else session.claims.notification_key
        return () if key is None else (key,)

    def set_notification_url(
        self, url: str | None, resolve: Callable[[str], Sequence[object]] | None = None
    ) -> None:
        """Set where webhooks go; raises ApiError (422) for no http(s) URL or a host that does not resolve."""
        if url is not None:
            _check_url(url, resolve or _resolve)
        self.endpoint.url = url

    def reached_at(self, url: str, public_url: str | None) -> None:
        """Pictures, and PDFs unless they are elsewhere, are at ``public_url``, or below the API."""
        self.account.public_url = public_url or url

    def files_at(self, url: str) -> None:
        """PDFs are at ``url``."""
        self.account.files_url = url

    @property
    def has_files_url(self) -> bool:
        """Whether it is settled where PDFs are."""
        return self.account.files_url is not None

    def tables(self) -> dict[str, Table[Any, Any]]:
        """Stores, vouchers, sessions, what was set, and webhooks that are owed."""
        settings = Settings(self.endpoint.url, self.account.habits.confirmation)
        if self._settings.get("now") != settings:
            self._settings["now"] = settings
        given = self.service.credentials
        return {
            "settings": self._settings,
            "sessions": given.sessions,
            "servers": given.servers,
            **self.account.tables(),
            **super().tables(),
        }

    def resumed(self) -> None:
        """Go on from the records of an earlier run."""
        super().resumed()
        for settings in self._settings.values():
            self.endpoint.url = settings.notification_url
            self.account.habits = replace(self.account.habits, confirmation=settings.confirmation)
        self.account.resumed()
        self.service.credentials.resumed()

    def start(self) -> None:
        """Deliver webhooks, and let time pass, from threads in the background until ``stop``."""
        self.account.start()

    def stop(self) -> None:
        """Stop what ``start`` started; let go of requests that are held back."""
        self.disturbances.calm(ALL)
        self.account.stop()


def _resolve(host: str) -> Sequence[object]:
    return socket.getaddrinfo(host, None)


def _check_url(url: str, resolve: Callable[[str], Sequence[object]]) -> None:
    try:
        parts = urlsplit(url)
        host, good = parts.hostname, parts.scheme in ("http", "https") and (parts.port or 1) > 0
    except ValueError:
        host, good = None, False
    if not host or not good:
        raise ApiError(
            422,
            "NOTIFICATION_URL_MALFORMED",
            f"The notification URL is {url[:80]!r}. Webhooks are posted to an http or https address. "
            "Give one.",
        )
    try:
        resolve(host)
    except (OSError, UnicodeError):
        raise ApiError(
            422,
            "NOTIFICATION_URL_UNRESOLVED",
            f"The host {host[:80]!r} of the notification URL does not resolve, so no webhook would arrive. "
            "Check its spelling and the DNS; the address before stays.",
        ) from None
