"""The player's browser: asks the CLIENT for sessions, Jackpot for vouchers, and opens what it gets."""

import contextlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from scenarios.browsers.fetching import fetch
from scenarios.driver.driver import Raw, a_text
from scenarios.hosting.jackpot import JudgedJackpot
from scenarios.problems.errors import DriverProblem
from scenarios.run.balances import Undecided
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.tokens.session_token import SessionToken, taken_apart
from scenarios.wallet.player import Player
from simulators.exchanges.history import Answer, Exchange, Purpose, Request, Status, header
from simulators.jackpot.catalogue.pricing import CURRENCY
from simulators.jackpot.service import WIDGET_CLIENT_ID
from simulators.providers import JACKPOT
from simulators.transport.delivery import Delivery, Meaning
from simulators.transport.sending import deliver
from simulators.values import decimal_json
from simulators.values.web_addresses import resolved

ENTRY = "voucher_session"


@dataclass(eq=False)
class Conversion:
    """One session of a player who wants to convert ``amount``, with the voucher reserved in it, if any."""

    player: Player
    amount: Decimal
    token: SessionToken
    first_exchange: int
    exchanges: tuple[Exchange, ...] = ()
    voucher_id: str | None = None

    @property
    def key(self) -> str:
        """The notificationKey. Raises Undecided where the token has none."""
        if self.token.key is None:
            raise Undecided("the token has no notificationKey, so that no voucher can be tied to its session")
        return self.token.key

    @property
    def voucher(self) -> str:
        """The id of the voucher. Raises Undecided where none was reserved."""
        if self.voucher_id is None:
            raise Undecided("no voucher was reserved in the session")
        return self.voucher_id


@dataclass
class Browser:
    """What a player's browser does, and the sessions that it opened (``made``).

    ``strange`` are notificationKeys of nobody's. ``held`` is whether webhooks about all these are held back.
    """

    run: Run
    simulator: JudgedJackpot
    judge: Judge
    made: list[Conversion] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    held: bool = False

    @property
    def names(self) -> list[str]:
        """The notificationKeys of the scenario's own sessions, and of nobody's."""
        return [*(each.token.key for each in self.made if each.token.key is not None), *self.strange]

    def strange_key(self) -> str:
        """A notificationKey that nobody minted."""
        self.strange.append(str(uuid.uuid4()))
        self._known(self.strange[-1])
        return self.strange[-1]

    def _known(self, key: str) -> None:
        self.run.history.belong(key)
        if self.held:
            self.simulator.queue.hold([key])

    def hold(self) -> None:
        """Keep webhooks of the scenario's vouchers back, to be sent by hand in any order, until ``resume``."""
        self.held = True
        self.simulator.queue.hold(self.names)

    def resume(self) -> None:
        """Send what is left of what was held back, and what comes."""
        self.held = False
        self.simulator.queue.resume(self.names)

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """``hold`` meanwhile."""
        self.hold()
        try:
            yield
        finally:
            self.resume()

    def mint(self, player: Player, amount: Decimal) -> Conversion:
        """Ask the CLIENT for a session, as the player's browser does; raises DriverProblem."""
        first = len(self.run.history)
        fields = {"player": player.id, "currency": player.currency}
        raw, exchanges = fetch(self.run, JACKPOT, ENTRY, **fields, amount=amount)
        if not 200 <= raw.status < 300:
            raise DriverProblem(
                f"[driver] {ENTRY} answered {raw.status} for {player.show(amount)}",
                "a session's JWT",
                "fix the CLIENT, or correct the entry",
            )
        return self._made(player, amount, self._text(raw.body), first, exchanges)

    def _text(self, body: bytes) -> str:
        return a_text(ENTRY, self.run.driver.reading(ENTRY, body), "the session's JWT")

    def _made(
        self, player: Player, amount: Decimal, text: str, first: int, exchanges: tuple[Exchange, ...]
    ) -> Conversion:
        conversion = Conversion(player, amount, taken_apart(text), first, exchanges)
        self.simulator.tokens.append((conversion.token, exchanges))
        self.made.append(conversion)
        if conversion.token.key is not None:
            self._known(conversion.token.key)
        return conversion

    def mint_at_once(self, player: Player, amounts: list[Decimal]) -> list[Conversion]:
        """Ask for several sessions so that the requests' last bytes leave together; return those there are."""
        route, first = self.run.route, len(self.run.history)
        kept = amounts[: route.width(len(amounts))]
        fields = {"player": player.id, "currency": player.currency}
        exchanges = deliver(
            [
                self._delivery(self.run.driver.request(ENTRY, **fields, amount=amount), "session (browser)")
                for amount in kept
            ],
            route,
            together=True,
        )
        made = []
        for amount, exchange in zip(kept, exchanges, strict=True):
            if exchange.ok and exchange.answer is not None:
                text = self._text(exchange.answer.body)
                made.append(self._made(player, amount, text, first, (exchange,)))
        return made

    def adopt(self, player: Player, amount: Decimal, raw: Raw) -> None:
        """Keep in mind a session that was asked for in another way, so that it is closed as all are."""
        if raw.status < 400:
            with contextlib.suppress(DriverProblem):
                self._made(player, amount, self._text(raw.body), len(self.run.history), ())

    def begin(self, player: Player, units: int) -> Conversion:
        """Like ``mint``, for a scenario about something else: raises Undecided where there is no session."""
        if player.currency != CURRENCY:
            raise Undecided(f"vouchers cost {CURRENCY}, and player {player.id} has {player.currency}")
        try:
            conversion = self.mint(player, player.money(units))
        except DriverProblem as problem:
            raise Undecided(f"no session: {problem.came}") from problem
        if any(other.token.key == conversion.key for other in self.made[:-1]):
            raise Undecided(
                "two sessions have the same notificationKey, so that vouchers cannot be told apart"
            )
        return conversion

    def ask(self, method: str, path: str, *, label: str, document: Any = None, token: str = "") -> Exchange:
        """Call Jackpot's own API as the browser does; the exchange shows what Jackpot answered."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = b"" if document is None else decimal_json.dumps(document)
        url = self.simulator.account.public_url + path
        return self._send(Request(method, url, tuple(headers.items()), body), label)

    def _send(self, request: Request, label: str) -> Exchange:
        [exchange] = deliver(self._delivery(request, label), self.run.route)
        return exchange

    def _delivery(self, request: Request, label: str) -> Delivery:
        return Delivery(request, _read, JACKPOT, label, Purpose.BROWSER, genuine=False)

    def exchange(self, conversion: Conversion) -> Exchange:
        """Show the session's JWT to Jackpot (``POST /v2/token``)."""
        agreed = self.run.settings.target.need_jackpot()
        document = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "client_id": agreed.client_id or WIDGET_CLIENT_ID,
            "assertion": conversion.token.text,
        }
        return self.ask("POST", "/v2/token", label="session (browser)", document=document)

    def reserve_in_browser(self, conversion: Conversion, price: Decimal) -> Exchange:
        """Open the session at Jackpot and reserve the voucher that costs ``price``; raises Undecided.

        The voucher is known by its key afterwards, also where the answer was lost.
        """
        opened = self.exchange(conversion)
        if not opened.ok or opened.answer is None:
            raise Undecided(f"Jackpot opened no session for the token: {opened.error}")
        path = f"/v2/stores/{self.simulator.store_id}/reserve-voucher-by-price"
        token = json.loads(opened.answer.body)["access_token"]
        reserved = self.ask("POST", path, label="reserve (browser)", document={"price": price}, token=token)
        found = self.simulator.account.by_key(conversion.key)
        if not found:
            raise Undecided(f"Jackpot reserved nothing: {reserved.error or reserved.failure}")
        conversion.voucher_id = found[-1].id
        return reserved

    def document(self, conversion: Conversion) -> Any:
        """What the CLIENT says of a purchase, as JSON; None where it says nothing."""
        raw = self.run.driver.raw("voucher", notification_key=conversion.key)
        try:
            return json.loads(raw.body) if raw.status < 400 else None
        except ValueError:
            return None

    def state(self, conversion: Conversion) -> str | None:
        """The purchase's state in the CLIENT's eyes, None where it has none or the driver cannot read it."""
        try:
            found = self.run.driver.call("voucher", notification_key=conversion.key)
        except DriverProblem:
            return None
        if isinstance(found, dict):
            found = found.get("state")
        return found.upper() if isinstance(found, str) else None

    def file(self, conversion: Conversion) -> Exchange | None:
        """Open what the CLIENT gives the player for the voucher; the exchange with the PDF, None without one."""
        entry = self.run.settings.target.driver.voucher
        base = (entry.get or entry.post or "") if entry is not None else ""
        for address in _addresses(self.document(conversion), base):
            opened = self._open(address)
            if opened.answer is not None and opened.answer.status in (301, 302, 303, 307, 308):
                elsewhere = resolved(address, header(opened.answer.headers, "Location") or "")
                opened = self._open(elsewhere) if elsewhere else opened
            if opened.answer is not None and opened.answer.body.startswith(b"%PDF"):
                return opened
        return None

    def _open(self, address: str) -> Exchange:
        return self._send(Request("GET", address), "voucher (browser)")


def _read(answer: Answer) -> Meaning:
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = None
    code = document.get("error") if isinstance(document, dict) else None
    outcome = Status.OK if answer.status < 400 else Status.REFUSED
    return Meaning(outcome, error=code if isinstance(code, str) else None)


def _addresses(value: Any, base: str) -> Iterator[str]:
    """Every address inside a JSON document."""
    match value:
        case dict():
            for inner in value.values():
                yield from _addresses(inner, base)
        case list():
            for inner in value:
                yield from _addresses(inner, base)
        case str() if value.startswith(("http://", "https://", "/")):
            if address := resolved(base, value):
                yield address
