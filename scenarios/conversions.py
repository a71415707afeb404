"""Conversions of balance into vouchers: the player's browser, the provider's hands, and the judge's waits.

A CLIENT acts on webhooks when it sees fit, so nothing here reads a state or a balance at once: every wait is
for what is expected, with the effort's ``patience`` as its bound.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

from scenarios.contract import Level
from scenarios.errors import DriverProblem
from scenarios.jackpot_twin import Jackpot
from scenarios.judge import Judge, Undecided
from scenarios.players import Player
from scenarios.probes import Unreadable
from scenarios.run import Run
from scenarios.tokens import SessionToken, taken_apart
from simulators.history import Answer, Exchange, Outcome, Request, header
from simulators.jackpot.lifecycle import Event, IllegalTransition, State
from simulators.jackpot.pricing import CURRENCY
from simulators.jackpot.world import Voucher
from simulators.sending import Meaning

_POLL_SECONDS = 0.01
# Seconds that closing a session, or passing the time, may take: nothing is judged by it.
_UNJUDGED = 2.0
# So many exchanges, the last ones, show what became of a voucher.
_SHOWN = 12
# What the player gets whose conversions only pass the time, and one price, in smallest units.
_PURSE, _STROLL = 1_000_000, 2000
# So often that may be in vain before it is left out.
_STROLLS = 2


@dataclass(eq=False)
class Conversion:
    """One session of a player who wants to convert ``amount``, with the voucher reserved in it, if any."""

    player: Player
    amount: Decimal
    token: SessionToken
    first_exchange: int
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
class Conversions:
    """What scenarios do with sessions and vouchers. Made for one scenario; ``finish`` closes what it opened."""

    run: Run
    twin: Jackpot
    judge: Judge
    made: list[Conversion] = field(default_factory=list)

    @property
    def patience(self) -> float:
        """Seconds that a CLIENT may take."""
        return self.run.settings.effort.patience

    # -- the player's browser

    def mint(self, player: Player, amount: Decimal) -> Conversion:
        """Ask the CLIENT for a session, as the player's browser does; raises DriverProblem."""
        first = len(self.run.history)
        text = self.run.driver.voucher_session(player.id, player.currency, amount)
        conversion = Conversion(player, amount, taken_apart(text), first)
        self.made.append(conversion)
        return conversion

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

    def ask(self, method: str, path: str, *, kind: str, document: Any = None, token: str = "") -> Exchange:
        """Call Jackpot's own API as the browser does; the exchange shows what Jackpot answered."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = b"" if document is None else json.dumps(document, default=str).encode()
        url = self.twin.platform.public_url + path
        return self.run.sender.send(
            Request(method, url, tuple(headers.items()), body),
            _read,
            provider="jackpot",
            kind=kind,
            genuine=False,
        )

    def exchange(self, conversion: Conversion) -> Exchange:
        """Show the session's JWT to Jackpot (``POST /v2/token``)."""
        agreed = self.run.settings.target.need_jackpot()
        document = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "client_id": agreed.client_id or "browser",
            "assertion": conversion.token.text,
        }
        return self.ask("POST", "/v2/token", kind="session (browser)", document=document)

    def reserve_in_browser(self, conversion: Conversion, value: int) -> Exchange:
        """Open the session at Jackpot and reserve a voucher of ``value`` EUR; raises Undecided.

        The voucher is known by its key afterwards, also where the answer was lost.
        """
        opened = self.exchange(conversion)
        if not opened.ok or opened.answer is None:
            raise Undecided(f"Jackpot opened no session for the token: {opened.error}")
        path = f"/v2/stores/{self.twin.store_id}/reserve-voucher-by-value"
        token = json.loads(opened.answer.body)["access_token"]
        reserved = self.ask("POST", path, kind="reserve (browser)", document={"value": value}, token=token)
        found = self.twin.platform.by_key(conversion.key)
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
                opened = self._open(urljoin(address, header(opened.answer.headers, "Location") or ""))
            if opened.answer is not None and opened.answer.body.startswith(b"%PDF"):
                return opened
        return None

    def _open(self, address: str) -> Exchange:
        return self.run.sender.send(
            Request("GET", address), _read, provider="jackpot", kind="voucher (browser)", genuine=False
        )

    # -- the provider's hands

    def reserve(
        self, conversion: Conversion, units: int, *, limit: int | None = None, manual: bool | None = None
    ) -> Voucher:
        """Reserve a voucher at the price of ``units`` in the session, whatever its JWT is worth."""
        player = conversion.player
        asked = self.twin.platform.reservation(
            conversion.amount if limit is None else player.money(limit),
            manual=manual,
            price=player.money(units),
            notification_key=conversion.key,
            user_id=player.id,
            email="player@client.example",
        )
        with self.twin.platform.lock:
            # Known before any webhook of it can be answered.
            voucher = self.twin.platform.reserve(self.twin.store_id, asked)
            conversion.voucher_id = voucher.id
        return voucher

    def happen(self, conversion: Conversion, event: Event) -> bool:
        """Let ``event`` come over the voucher; say whether it could."""
        try:
            self.twin.platform.happen(conversion.voucher, event)
        except IllegalTransition:
            return False
        return True

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """Send no webhook of what happens meanwhile, not even later."""
        self.twin.wait_idle(self.patience)
        url, self.twin.channel.notification_url = self.twin.channel.notification_url, None
        try:
            yield
        finally:
            self.twin.channel.notification_url = url

    def at_provider(self, conversion: Conversion) -> State:
        """The voucher's state at the provider."""
        return self.twin.platform.voucher(conversion.voucher).state

    # -- waits

    def until(self, condition: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until ``condition`` holds, for ``seconds`` (None: the CLIENT's patience); say whether it does.

        Raises TargetGone, OutOfBounds where it does not and the reason is one of these.
        """
        deadline = time.monotonic() + (self.patience if seconds is None else seconds)
        while not condition():
            if time.monotonic() > deadline:
                self.run.heed()
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def delivered(self) -> None:
        """Wait until every webhook is acknowledged or given up."""
        self.twin.wait_idle(self.patience)

    def reaches(self, conversion: Conversion, state: State) -> bool:
        """Wait until the voucher is in ``state``, at the provider and in the CLIENT's eyes; say whether it is."""
        there = self.until(lambda: self.at_provider(conversion) is state)
        self.delivered()
        return there and self.seen_as(conversion, state)

    def seen_as(self, conversion: Conversion, *states: State) -> bool:
        """Wait until the CLIENT says that the purchase is in one of ``states``, where the driver can tell."""
        wanted = {str(state) for state in states}
        return not self.run.driver.has("voucher") or self.until(lambda: self.state(conversion) in wanted)

    def settles(self, player: Player, expected: Decimal) -> bool:
        """Wait until the balance is ``expected``; say whether it is. Never disturbs it for long."""
        return self.until(lambda: self._owns(player, expected))

    def _owns(self, player: Player, expected: Decimal) -> bool:
        if self.run.driver.has("balance"):
            try:
                return self.run.driver.balance(player.id) == expected
            except DriverProblem:
                return False
        return self._can_bet(player, expected)

    def _can_bet(self, player: Player, expected: Decimal) -> bool:
        """Whether exactly ``expected`` can be bet; unlike the probe it takes at most that, and at once back."""
        verbs = self.run.verbs
        taken = Decimal(0)
        if expected > 0:
            if not verbs.settle(verbs.bet(player, expected, kind="bet (probe)")).ok:
                return False
            taken = expected
        more = verbs.settle(verbs.bet(player, player.unit, kind="bet (probe)")).ok
        back = taken + (player.unit if more else Decimal(0))
        if back:
            verbs.settle(verbs.result(player, back, kind="result (probe)"))
        return not more

    def measure(self, player: Player, expected: Decimal) -> Decimal:
        """Wait for ``expected`` and read the balance without judging it; raises Undecided."""
        self.settles(player, expected)
        try:
            return self.judge.measure(player, expected)
        except Unreadable as error:
            raise Undecided(f"the balance cannot be told: {error}") from error

    # -- what scenarios build on, and what they conclude with

    def bought(self, player: Player, units: int = 4000, price: int = 2500) -> tuple[Conversion, Decimal]:
        """A voucher that is READY, and the balance after it; none of it is judged here."""
        balance = self.judge.fund(player, 2 * units)
        conversion = self.begin(player, units)
        self.reserve(conversion, price)
        self.make_ready(conversion)
        return conversion, self.measure(player, balance - player.money(price))

    def make_ready(self, conversion: Conversion) -> None:
        """Wait until the CLIENT has confirmed; where it does not, confirm in its place."""
        confirmed = (State.CONFIRMED, State.READY)
        if self.twin.confirmed_by_client:
            self.twin.confirmed_by_client = self.until(lambda: self.at_provider(conversion) in confirmed)
        self.happen(conversion, Event.CONFIRM)
        self.happen(conversion, Event.MAKE_READY)
        self.judge.needs(self.at_provider(conversion) is State.READY, "the voucher did not become READY")
        self.delivered()
        self.seen_as(conversion, State.READY)

    def ends(
        self,
        rule: str,
        conversion: Conversion,
        state: State,
        balance: Decimal,
        *,
        case: str = "",
        level: Level | None = None,
    ) -> Decimal:
        """Judge by ``rule`` that the purchase ends in ``state`` with ``balance``; return that as read."""
        player = conversion.player
        self.reaches(conversion, state)
        there = self.at_provider(conversion)
        self.judge.holds(
            rule,
            there is state,
            expected=f"the voucher becomes {state}",
            seen=f"it is {there}",
            exchanges=self.evidence(conversion),
            case=case,
            level=level,
        )
        if there is state and self.run.driver.has("voucher"):
            told = self.state(conversion)
            self.judge.holds(
                rule,
                told == str(state),
                expected=f"the purchase is {state}, as the provider says",
                seen=f"the CLIENT says {told}",
                exchanges=self.evidence(conversion),
                case=case,
                level=level,
            )
        self.settles(player, balance)
        return self.judge.balance(rule, player, balance, *self.evidence(conversion), case=case, level=level)

    def stays(
        self,
        rule: str,
        player: Player,
        balance: Decimal,
        *exchanges: Exchange,
        case: str = "",
        level: Level | None = None,
    ) -> Decimal:
        """Judge by ``rule`` that the balance is ``balance`` still, once the CLIENT had time to change it."""
        self.stroll(player, lambda: not self._owns(player, balance))
        return self.judge.balance(rule, player, balance, *exchanges, case=case, level=level)

    def stroll(self, player: Player, happened: Callable[[], bool] = lambda: False) -> None:
        """Give the CLIENT time for what it should not do: another player's conversion goes through meanwhile.

        Where there is none, or it does not, wait for ``happened`` or the effort's pause.
        """
        self.delivered()
        others = [other for other in reversed(self.run.players) if other is not player]
        if others and others[0].currency == CURRENCY and self.twin.strolls_in_vain < _STROLLS:
            try:
                if self._stroll(others[0]):
                    return
            except Undecided:
                pass
            self.twin.strolls_in_vain += 1
        self.until(happened, self.run.settings.effort.pause)

    def _stroll(self, other: Player) -> bool:
        if self.twin.purse < _STROLL:
            self.judge.fund(other, _PURSE)
            self.twin.purse = _PURSE
        self.twin.purse -= _STROLL
        conversion = self.begin(other, _STROLL)
        self.reserve(conversion, _STROLL)
        done = self.until(lambda: self.at_provider(conversion) is State.READY, _UNJUDGED)
        self.happen(conversion, Event.CONFIRM)
        self.delivered()
        if not self.run.driver.has("voucher"):
            return done
        return done and self.until(lambda: self.state(conversion) == str(State.READY), _UNJUDGED)

    def evidence(self, conversion: Conversion) -> list[Exchange]:
        """What passed between Jackpot and the CLIENT since the session began, the last of it."""
        since = self.run.history.since(conversion.first_exchange)
        return [each for each in since if each.provider == "jackpot"][-_SHOWN:]

    def finish(self) -> None:
        """Close every session that is open, so that nothing stays held; nothing is judged."""
        self.twin.calm()
        left = [each for each in self.made if self._open_still(each)]
        for conversion in left:
            if conversion.voucher_id is None:
                with self.silence():
                    self.reserve(conversion, 100, limit=100, manual=True)
            self.happen(conversion, Event.CANCEL)
        self.delivered()
        for conversion in left:
            if self.run.driver.has("voucher"):
                final = (str(State.CANCELED), str(State.READY))
                self.until(lambda each=conversion: self.state(each) in final, _UNJUDGED)  # type: ignore[misc]

    def _open_still(self, conversion: Conversion) -> bool:
        if conversion.token.key is None:
            return False
        return conversion.voucher_id is None or self.at_provider(conversion) is State.RESERVED


def _read(answer: Answer) -> Meaning:
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = None
    told = document.get("error") if isinstance(document, dict) else None
    outcome = Outcome.OK if answer.status < 400 else Outcome.REFUSED
    return Meaning(outcome, error=told if isinstance(told, str) else None)


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
            yield urljoin(base, value)
