"""The player's browser at a product: asks the CLIENT for checkout tokens and pages, and plays with the request."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from scenarios.browsers.fetching import ask, by_status, fetch
from scenarios.browsers.tampering import Where, changed
from scenarios.driver.driver import Raw, a_text
from scenarios.problems.errors import DriverProblem
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.tokens.checkout_token import CheckoutToken, taken_apart
from simulators.exchanges.history import Exchange, Purpose, Request
from simulators.providers import CHECKOUT
from simulators.transport.delivery import Delivery
from simulators.transport.sending import deliver
from simulators.values.web_addresses import resolved

ENTRY = "checkout_token"
# Tried where the target file names no variants; a CLIENT that sells neither is skipped.
_GUESSES = ("variant-1", "variant-2")
# After so many seconds a token of whole seconds must be another one.
_SECOND = 1.02
_POLL_SECONDS = 0.02
_FILES = 20
_LOADING = ("script", "link", "iframe", "img", "source", "embed")
_SOURCE_MAP = re.compile(r"[#@]\s*sourceMappingURL=([^\s*'\"]+)")


@dataclass(frozen=True, slots=True)
class Minted:
    """A token as the CLIENT gave it for ``variant`` ("": none was named).

    ``at`` is seconds since the epoch, ``clock`` those of a monotonic clock, both when it arrived.
    """

    variant: str
    token: CheckoutToken
    at: float
    clock: float
    exchanges: tuple[Exchange, ...] = ()

    @property
    def case(self) -> str:
        """Which token this is, for a finding."""
        return f"variant {self.variant}" if self.variant else ""


@dataclass
class Minting:
    """Asks for tokens of ``variants``. ``named`` is False where nobody said which variants there are.

    ``minted`` are all tokens of the run so far that were asked for as a browser does when nobody plays with it.
    """

    run: Run
    judge: Judge
    variants: tuple[str, ...]
    named: bool
    minted: list[Minted]

    def mint(self, variant: str) -> Minted:
        """Ask for a token as the player's browser does. Raises DriverProblem where there is none."""
        raw, exchanges = self.fetch(ENTRY, variant=variant)
        if not 200 <= raw.status < 300:
            raise DriverProblem(
                f"[driver] {ENTRY} answered {raw.status} for variant {variant!r}",
                "a token for each variant in [checkout]",
                "correct variants in [checkout], or fix the CLIENT",
            )
        self.minted.append(self._minted(variant, self._text(raw.body), exchanges))
        return self.minted[-1]

    def each(self, times: int = 1) -> list[Minted]:
        """A readable token for each variant, and so ``times``; undecided where there is none.

        A text that is no JWT is left out: it is another rule's matter.
        """
        tokens = self.every(times)
        read = [minted for minted in tokens if minted.token.claims is not None]
        self.judge.needs(read, "the tokens are no JWTs, so that nothing can be read in them")
        return read

    def every(self, times: int = 1) -> list[Minted]:
        """A token for each variant, readable or not, and so ``times``."""
        chosen = self.variants[: self.run.settings.effort.width]
        return [self.mint(variant) for _ in range(times) for variant in chosen]

    def later(self, minted: Minted) -> Minted:
        """Ask for the same in the next second, when a token of whole seconds must say another one."""
        said = minted.token.minted
        # By our clock first. Where the CLIENT's is behind it, a whole second passes.
        if said is not None and abs(minted.at - float(said)) < _SECOND:
            self._pass_time(lambda: time.time() < float(said) + 1, minted)
            again = self.mint(minted.variant)
            if again.token.minted != said:
                return again
        self._pass_time(lambda: True, minted)
        return self.mint(minted.variant)

    def _pass_time(self, early: Callable[[], bool], minted: Minted) -> None:
        """Wait while it is ``early``, no longer than until a second has passed since ``minted``."""
        while early() and time.monotonic() < minted.clock + _SECOND:
            time.sleep(_POLL_SECONDS)

    def tampered(self, variant: str, changes: Mapping[str, Any], where: Where) -> Minted | None:
        """Ask with ``changes`` in that part of the request; None where the CLIENT gives no token."""
        request = changed(self.run.driver.request(ENTRY, variant=variant), changes, where)
        return self._tried(variant, request, f"token (with {', '.join(changes)})")

    def doubled(self, variant: str, other: str) -> Minted | None:
        """Ask for two variants in one request, ``other`` last; None where the CLIENT gives no token."""
        one, two = (urlsplit(self.run.driver.request(ENTRY, variant=each).url) for each in (variant, other))
        more = [pair for pair in parse_qsl(two.query) if pair not in parse_qsl(one.query)]
        url = one._replace(query="&".join(filter(None, (one.query, urlencode(more))))).geturl()
        request = replace(self.run.driver.request(ENTRY, variant=variant), url=url)
        return self._tried(variant, request, "token (two variants)")

    def perhaps(self, variant: str) -> Minted | None:
        """Ask for a variant that there need not be; None where the CLIENT gives no token."""
        try:
            raw, exchanges = self.fetch(ENTRY, variant=variant)
        except DriverProblem:
            return None
        return self._given(variant, raw, exchanges)

    def _tried(self, variant: str, request: Request, label: str) -> Minted | None:
        raw, exchange = self._send(request, label)
        return self._given(variant, raw, (exchange,))

    def _given(self, variant: str, raw: Raw, exchanges: tuple[Exchange, ...]) -> Minted | None:
        if not 200 <= raw.status < 300:
            return None
        try:
            return self._minted(variant, self._text(raw.body), exchanges)
        except DriverProblem:
            return None

    @property
    def can_tamper(self) -> bool:
        """Whether tokens are asked for by a request whose parameters can be changed."""
        return self.run.driver.kind(ENTRY) == "http"

    def fetch(self, name: str, **words: str) -> tuple[Raw, tuple[Exchange, ...]]:
        """Use a driver entry and return the whole answer. Raises DriverProblem where nothing answers."""
        return fetch(self.run, CHECKOUT, name, **words)

    def page(self, variant: str) -> None:
        """Open the product's page, and load from its own server what it loads."""
        raw, _ = self.fetch("checkout_page", variant=variant)
        if self.run.driver.kind("checkout_page") != "http":
            return
        url = self.run.driver.request("checkout_page", variant=variant).url
        for address in _loaded(url, raw.body)[:_FILES]:
            part, _ = self._send(Request("GET", address), f"the page's {urlsplit(address).path}")
            for source in _SOURCE_MAP.findall(part.body.decode("utf-8", "replace")):
                if _of_one_server(url, found := resolved(address, source)):
                    self._send(Request("GET", found), f"the page's source map {source}")

    def tell(self, *bodies: bytes) -> None:
        """Send what is no decision to where decisions go, as anybody can, where there is such an address."""
        url = self.run.settings.target.need_checkout().decision_url
        for body in bodies if url else ():
            request = Request("POST", url or "", (("Content-Type", "application/json"),), body)
            deliver(
                Delivery(request, by_status, CHECKOUT, "malformed decision", Purpose.FORGERY, genuine=False),
                self.run.route,
            )

    def visit(self, address: str) -> Exchange | None:
        """Open ``address`` as the player's browser does, without following further; None where nothing answers."""
        try:
            return self._send(Request("GET", address), "way back")[1]
        except DriverProblem:
            return None

    def _send(self, request: Request, label: str) -> tuple[Raw, Exchange]:
        return ask(self.run, CHECKOUT, request, label)

    def _text(self, body: bytes) -> str:
        driver = self.run.driver
        read = driver.reading(ENTRY, body) if self.can_tamper else json.loads(body)
        # Without a JMESPath the answer is the token, bare or as a JSON text.
        text = body.decode("utf-8", "replace").strip() if read is None else read
        return a_text(ENTRY, text, "the token")

    def _minted(self, variant: str, text: str, exchanges: tuple[Exchange, ...]) -> Minted:
        return Minted(variant, taken_apart(text), time.time(), time.monotonic(), exchanges)


def minting_at(run: Run, judge: Judge, minted: list[Minted]) -> Minting | None:
    """What asks for tokens, None where nobody said for which variants and the usual ones are not sold.

    ``minted`` are those of the run so far.
    """
    checkout = run.settings.target.need_checkout()
    if checkout.variants:
        return Minting(run, judge, checkout.variants, named=True, minted=minted)
    template = run.settings.target.driver.checkout_token
    if template is not None and "variant" not in template.placeholders():
        return Minting(run, judge, ("",), named=False, minted=minted)
    guessing = Minting(run, judge, _GUESSES, named=False, minted=minted)
    sold = []
    for variant in _GUESSES:
        try:
            guessing.mint(variant)
        except DriverProblem:
            continue
        sold.append(variant)
    return replace(guessing, variants=tuple(sold)) if sold else None


def _loaded(url: str, page: bytes) -> list[str]:
    """The addresses of what a page loads from its own server: scripts, styles, frames, pictures."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            source = dict(attrs).get("href" if tag == "link" else "src")
            if tag in _LOADING and source:
                found.append(resolved(url, source))

    Reader().feed(page.decode("utf-8", "replace"))
    return [each for each in dict.fromkeys(found) if _of_one_server(url, each)]


def _of_one_server(url: str, other: str) -> bool:
    return urlsplit(url)[:2] == urlsplit(other)[:2]
