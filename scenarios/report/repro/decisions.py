"""Scripts about decisions on checkouts: opens checkouts of its own, decides about them, and reads what they came to.

Implements what CHK-11 says of decisions that are forged, repeated, about no checkout, or none at all, under HS256.
"""

import hashlib
import hmac
import math
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.resources import files
from itertools import takewhile
from typing import Any, Final

from jwt.utils import base64url_decode, base64url_encode

from scenarios.problems.errors import DriverProblem
from scenarios.report.repro.sending import FRESH, NoScript
from scenarios.report.repro.tokens import Tokens, jwt
from scenarios.run.findings import Finding, OrderRead, RuleVerdict
from scenarios.run.run import Run
from simulators.checkout.forgeries import guessed_keys
from simulators.checkout.wire import SUCCESS
from simulators.exchanges.curl import shell_header, shell_text
from simulators.exchanges.history import Exchange, Purpose
from simulators.values.jws import NoJwt, unverified

_DECISION: Final = re.compile(r"([\w-]+)\.([\w-]+)\.([\w-]*)")
_SECONDS: Final = r"(?<=:)[0-9]{10}(?=[,}])"
# So many letters at the front of two signatures are alike by intent; of more than that nearly all are.
_ALIKE: Final = range(8, 30)
_RACES: Final = 20
# So many others are approved between a decision and its copy, and so many seconds pass.
_CROWD: Final = 60
_PAUSE: Final = 30
_PLACE: Final = "REFERENCE"
_NOT_TAUGHT: Final = "A shell is not taught to sign wrongly in this way."


class Decisions(Tokens):
    """Opens a checkout, sends the decisions about it, and compares what the CLIENT says of it."""

    sends_again = (
        "Opens checkouts as a player's browser does, sends the decisions once more, and reads what they came to.\n"
        "Some are approved as if they were paid."
    )
    shows = Tokens.shows | {Purpose.SCENARIO, Purpose.FORGERY}

    def __init__(self, run: Run, verdict: RuleVerdict, finding: Finding, read: OrderRead) -> None:
        super().__init__(run, verdict, finding)
        checkout = run.settings.target.need_checkout()
        if checkout.algorithm != "HS256":
            raise NoScript("A shell is not taught to sign with one of a pair of keys.")
        self.read, self.key = read, checkout.key.get_secret_value().encode()
        self.guessed = guessed_keys(checkout.merchant_id, self.key)
        self.opened = self._opened()
        self.names = {read.reference: "order"} if read.reference in self.opened else {}
        self.approval = self._approval()
        # A copy is one where what it repeats was sent before.
        first = [run.history[each.copy_of] for each in self.telling if each.copy_of is not None]
        self.steps = sorted({each.number: each for each in (*first, *self.telling)}.values(), key=_number)
        self.raced = any(each.race is not None for each in self.steps)
        if self.raced:
            self.rounds = _RACES
        if not any(map(self._about, self.steps)):
            raise NoScript("A shell is not taught to spell the name of a checkout otherwise in this way.")

    def _opened(self) -> dict[str, Exchange]:
        """The requests that opened checkouts, by merchantReference. Raises NoScript where there are none."""
        found = {}
        for each in self.run.history:
            if each.purpose is Purpose.BROWSER and each.provider == self.verdict.rule.provider:
                with suppress(NoScript, NoJwt, LookupError, TypeError):
                    found[str(unverified(jwt(each))[1]["data"]["merchantReference"])] = each
        if not found:
            raise NoScript("A shell cannot show this: [driver] checkout_token is no HTTP request.")
        return found

    def _approval(self) -> Exchange:
        """A genuine approval of a checkout that was opened. Raises NoScript where there is none."""
        for each in self.run.history:
            if each.purpose is Purpose.SCENARIO and each.provider == self.verdict.rule.provider:
                data = _data(each)
                if data.get("merchantReference") in self.opened and data.get("outcome") == SUCCESS:
                    return each
        raise NoScript("A shell cannot show this, as no approval was sent that it could be compared to.")

    def _about(self, exchange: Exchange) -> bool:
        """Whether ``exchange`` names the checkout that was read, or none of the CLIENT's."""
        if exchange.purpose is Purpose.BROWSER:
            return self.read.reference in exchange.request.url
        name = str(_data(exchange).get("merchantReference", ""))
        named = re.search(re.escape(self.read.reference), name, re.IGNORECASE)
        return bool(not name or named or FRESH.fullmatch(name))

    def tools(self) -> Iterator[str]:
        """The functions that it calls: how checkouts are opened, approved and read here."""
        yield from super().tools()
        yield "need CHECKOUT_KEY 'the key that decisions are signed with'"
        yield files(__package__).joinpath("decisions.sh").read_text(encoding="utf-8").rstrip("\n")
        token = next(iter(self.opened.values()))
        yield "another() {"
        yield f"    body={self._words(token.request.body.decode(), {})}"
        yield f"    send own {self._how(token)}"
        yield "    opened\n}"
        data = _data(self.approval)
        names = {str(data["merchantReference"]): "reference", str(data.get("reference", "")): "given"}
        yield "approve() {"
        yield "    given=$(new)"
        yield from (f"    {line}" for line in self._decided(self.approval, names))
        yield f"    send own {self._how(self.approval)}\n}}"
        yield from self._reading()

    def _reading(self) -> Iterator[str]:
        try:
            order = self.run.driver.request("order", merchant_reference=_PLACE)
        except DriverProblem:
            raise NoScript("A shell cannot show this: [driver] order is no HTTP request.") from None
        if not order.url.startswith(self.url):
            raise NoScript("Checkouts are read at another address than they are opened at.")
        redactor = self.run.redactor
        reads = self.run.settings.target.driver.templates()["order"].read or ""
        words = [order.method, self._words(order.url.removeprefix(self.url), {_PLACE: "1"}), '"$body"']
        words += [f"-H {shell_header(*each, redactor)}" for each in order.headers]
        yield "# order REFERENCE: what the CLIENT says that this checkout has come to."
        yield "order() {"
        yield f"    body={self._words(order.body.decode(), {_PLACE: '1'})}"
        yield f"    send own {' '.join(words)}"
        # What a longer path reads may stand in the document more than once: all of it is compared then.
        yield f'    said "$1" {shlex.quote(reads if reads.isidentifier() else "")}\n}}'

    def once(self) -> Iterator[str]:
        """Decide, and see what the checkout has come to: with the last decision, or in the end."""
        yield "now=$(date +%s)"
        if self.names:
            yield "another"
            yield "order=$reference"
        reference = self._words(self.read.reference, self.names)
        *earlier, last = self.steps
        together = self.raced or self.read.as_approved
        for each in earlier:
            yield from self._sent(each)
        if not together:
            if earlier:
                yield "paid"
            yield from self._between(earlier, last)
            yield f"before=$(order {reference})"
        yield from self._sent(last)
        if self.raced:
            yield "wait"
        yield "paid"
        yield f"after=$(order {reference})"
        yield 'echo "  its order reads $after, an approved one $approved"'
        differs = "=" if self.read.as_approved else "!="
        yield f'[ "$after" {differs} "${"approved" if together else "before"}" ] || shown=no'

    def path(self, text: str) -> str:
        """The end of an address with the checkout's name in it."""
        return self._words(text, self.names)

    def _sent(self, exchange: Exchange) -> Iterator[str]:
        if exchange.purpose is Purpose.BROWSER:
            yield "body="
        else:
            yield from self._decided(exchange, self.names)
        at_once = " &" if exchange.race is not None else ""
        yield f"send {exchange.number} {self._how(exchange)}{at_once}"

    def _between(self, earlier: list[Exchange], last: Exchange) -> Iterator[str]:
        """What came between a decision and its copy."""
        if last.copy_of is None or not earlier:
            return
        others = sum(
            each.purpose is Purpose.SCENARIO and each.provider == last.provider
            for each in self.run.history.since(earlier[-1].number)
            if each.number < last.number
        )
        if others > 1:
            yield f"crowd {min(others, _CROWD)}"
        pause = math.ceil(min(last.started - earlier[-1].started, _PAUSE))
        if pause > 1:
            yield f"sleep {pause}"

    def _decided(self, exchange: Exchange, names: Mapping[str, str]) -> Iterator[str]:
        """Lines that make the body of ``exchange``, with its decision made anew."""
        text = exchange.request.body.decode("utf-8", "replace")
        hit = _DECISION.search(text)
        if hit is None:
            raise NoScript(_NOT_TAUGHT)
        header, claims, signature = hit.groups()
        said = self._words(base64url_decode(claims).decode("utf-8", "replace"), names)
        yield f"decide {shlex.quote(header)} {said} {self._signed(f'{header}.{claims}', signature)}"
        redactor = self.run.redactor
        yield f'body={shell_text(text[: hit.start()], redactor)}"$jwt"{shell_text(text[hit.end() :], redactor)}'

    def _signed(self, unsigned: str, signature: str) -> str:
        """How it was signed, as the script's function ``decide`` takes it."""
        right = _mac(self.key, unsigned)
        if signature == right:
            return "right"
        for key in self.guessed:
            if signature == _mac(key, unsigned):
                # A key of nothing and one of a zero are the same to HMAC.
                return f"key {key.hex() or '00'}"
        alike = _alike(signature, right)
        if signature and alike == len(signature):
            # Four letters are three bytes: of another part bits would be left over, which some libraries refuse.
            return f"begins {alike - alike % 4} ''"
        if alike in _ALIKE:
            return f"begins {alike + 1} {shlex.quote(signature[alike + 1 :])}"
        digest = _base64(hashlib.sha256(unsigned.encode()).digest())
        ends = _alike(signature[::-1], right[::-1])
        if max(alike, ends) >= _ALIKE.start or signature in (right.swapcase(), digest):
            raise NoScript(_NOT_TAUGHT)
        return f"letters {shlex.quote(signature)}"

    def _words(self, text: str, names: Mapping[str, str]) -> str:
        """``text`` as a word of the shell: what ``names`` has as its variables, new ids and times."""
        named = "|".join(re.escape(name) for name in names if name)
        patterns = [f"(?P<seconds>{_SECONDS})", FRESH.pattern, *([f"(?i:{named})"] if named else [])]
        pattern = re.compile("|".join(reversed(patterns)))
        words, end = [], 0
        for hit in pattern.finditer(text):
            words += [shell_text(text[end : hit.start()], self.run.redactor), self._word(hit, names)]
            end = hit.end()
        words.append(shell_text(text[end:], self.run.redactor))
        return "".join(word for word in words if word != "''") or "''"

    def _word(self, hit: re.Match[str], names: Mapping[str, str]) -> str:
        text = hit[0]
        if hit["seconds"]:
            return f"$((now + {int(text) - int(self.steps[0].started)}))"
        for name, variable in names.items():
            if text == name:
                return f'"${variable}"'
            if text == name.upper():
                return f'"$(upper "${variable}")"'
        return self.renewed(text)


def _number(exchange: Exchange) -> int:
    return exchange.number


def _data(exchange: Exchange) -> Mapping[str, Any]:
    """What the decision in a request says of its checkout; nothing where there is none."""
    hit = _DECISION.search(exchange.request.body.decode("utf-8", "replace"))
    try:
        data = unverified(hit[0])[1].get("data") if hit else None
    except NoJwt:
        return {}
    return data if isinstance(data, dict) else {}


def _alike(one: str, other: str) -> int:
    """How many letters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _mac(key: bytes, text: str) -> str:
    return _base64(hmac.new(key, text.encode(), hashlib.sha256).digest())


def _base64(data: bytes) -> str:
    return base64url_encode(data).decode()
