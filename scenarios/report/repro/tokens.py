"""Scripts about tokens that the CLIENT mints: asks for them as a browser does, and looks at their claims once more.

Implements what VTK and CHK say of single claims, of signatures under HS256, and of claims that have to be new.
"""

import json
import re
import shlex
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

from jwt.utils import base64url_decode

from scenarios.report.repro.sending import NoScript, Script
from scenarios.run.findings import Finding, RuleVerdict
from scenarios.run.run import Run
from scenarios.tokens.session_token import CLOCKS
from simulators.exchanges.history import Exchange, Purpose
from simulators.jackpot.credentials.session_jwt import ALGORITHM
from simulators.providers import JACKPOT
from simulators.values import jws

# So many tokens are asked for in all to see a claim come back that is drawn from a few.
_TOKENS: Final = 40
_JWT: Final = re.compile(rb"ey[\w-]*\.[\w-]*\.[\w-]*")


class Tokens(Script):
    """Asks for the tokens again, and looks at the claims that the finding is about."""

    variable = "CLIENT_URL"
    sends_again = "Asks for the tokens again, as a player's browser does, and looks at what they say."
    shows = frozenset({Purpose.BROWSER})

    def __init__(self, run: Run, verdict: RuleVerdict, finding: Finding) -> None:
        super().__init__(run, verdict, finding)
        parts = urlsplit(self.telling[0].request.url)
        self.url = f"{parts.scheme}://{parts.netloc}"
        self.jackpots = self.telling[0].provider == JACKPOT
        if self.jackpots:
            self.sends_again += (
                "\nEach holds money of the player's, who has to own it, until the session's hour is over."
            )
        if finding.compared:
            self.rounds = -(-_TOKENS // len(self.telling))

    def tools(self) -> Iterator[str]:
        """The functions that it calls, and the key where a signature is checked."""
        lacks = "where the player owns too little, pitboss trigger result --player .. --amount 1000"
        yield f"CLOCKS={CLOCKS}"
        yield f"NEXT={shlex.quote(lacks if self.jackpots else '')}"
        yield from super().tools()
        yield files(__package__).joinpath("tokens.sh").read_text(encoding="utf-8").rstrip("\n")
        if "signature" in self.finding.claims:
            name = "JACKPOT_API_SIGNATURE" if self.jackpots else "CHECKOUT_KEY"
            yield f"need {name} 'the key that tokens are signed with'"

    def first(self) -> Iterator[str]:
        """What was said before that must not come back."""
        if self.finding.compared:
            for exchange in self.telling[:-1]:
                yield f"printf '%s\\n' {shlex.quote(self._raw(exchange))} >>\"$work/earlier\""

    def once(self) -> Iterator[str]:
        """Ask, and look at each token, or at the last."""
        if self.finding.compared:
            yield "found=no"
        for exchange in self.telling:
            yield from self.sends([exchange])
            if exchange is self.telling[0]:
                yield f"token {exchange.number} || untold"
            else:
                yield f"token {exchange.number} || shown=no"
            if self.finding.compared:
                yield f"again {self.finding.claims[0]}"
        if self.finding.compared:
            yield "shown=$found"
            return
        for name in self.finding.claims:
            yield f'[ "$(claim {name})" = {shlex.quote(self._claim(name))} ] || shown=no'

    def _claim(self, name: str) -> str:
        """What the last token said of ``name``, as the script's function ``claim`` writes it."""
        if name == "signature":
            return "holds" if self._holds() else "does not hold"
        text = raw(self.telling[-1], name)
        if name == "iat":
            digits = text.strip('"')
            number = float(digits) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", digits) else 0.0
            now = abs(number - self.telling[-1].started) <= CLOCKS
            return f"{re.sub('[0-9]+', '#', text)} {'now' if now else 'not now'}"
        return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,}", "ID", text)

    def _raw(self, exchange: Exchange) -> str:
        return raw(exchange, self.finding.claims[0])

    def _holds(self) -> bool:
        target = self.run.settings.target
        key, algorithm = target.need_checkout().key, target.need_checkout().algorithm
        if self.jackpots:
            key, algorithm = target.need_jackpot().api_signature, ALGORITHM
        if algorithm != ALGORITHM:
            raise NoScript("A shell is not taught to check the signatures of a pair of keys.")
        try:
            jws.verify(jwt(self.telling[-1]), key.get_secret_value(), algorithm)
        except (jws.BadSignature, jws.NoJwt):
            return False
        return True


def jwt(exchange: Exchange) -> str:
    """The token in an answer. Raises NoScript where there is none."""
    hit = _JWT.search(exchange.answer.body if exchange.answer else b"")
    if hit is None:
        raise NoScript("The answer has no JWT in it, which a shell cannot take apart.")
    return hit[0].decode()


def raw(exchange: Exchange, name: str) -> str:
    """What the token in an answer says of ``name``, as it is written; "" where it says nothing."""
    token = jwt(exchange)
    if name == "token":
        return token
    header, claims = token.split(".")[:2]
    text = base64url_decode(header if name == "alg" else claims).decode("utf-8", "replace")
    value: Any = json.loads(text)
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    key = re.escape(json.dumps(name.rpartition(".")[2]))
    hit = re.search(rf'{key} *: *("[^"]*"|[^],}}"]*)', text)
    said = hit[1].strip() if hit else ""
    if isinstance(value, dict | list):
        raise NoScript("The claim is an object or a list, which a shell cannot take apart.")
    # Another claim of that name may stand before it.
    if (json.loads(said) if said else None) != value:
        raise NoScript("A shell cannot find the claim, whose name comes more than once.")
    return said
