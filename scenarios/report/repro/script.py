"""The script that shows a broken rule of the OPERATOR's once more: what was sent, with new ids and right signatures.

It brings the players to what they had, sends what was sent in the same order, and looks at what showed the fault: a
balance against those that would be right, or answers against those that broke the rule.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from importlib.resources import files
from typing import Final, NamedTuple

from scenarios.problems.plain_text import printable
from scenarios.run.findings import Finding, Opening, RuleVerdict
from scenarios.run.run import Run
from simulators.exchanges.curl import shell_header, shell_text
from simulators.exchanges.history import Direction, Exchange, FailureKind, Purpose, header
from simulators.providers import OPERATOR
from simulators.transport.faults.wire import ClientKilled
from simulators.values import money
from simulators.wallet.signers import Signer
from simulators.wallet.transactions import Kind, Transaction

# What belongs to a case; all else the judge sends for itself.
_TOLD: Final = frozenset({Purpose.SCENARIO, Purpose.FORGERY, Purpose.SWEEP})
# A longer case is judged again by the judge itself.
_STEPS: Final = 120
_BODY: Final = 20_000
# A race shows its fault by chance: so many of them are tried in all.
_RACES: Final = 20
_MARK: Final = "987654321"
_PLENTY: Final = 100_000_000
# What makes an id new: a random UUID, the stem of an id that is odd, or a number, spelled in some way.
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER: Final = r'(?:(?<=")|(?<="0)|(?<="0e)|(?<="\+))[1-9][0-9]{8,10}(?![0-9])'
_FRESH: Final = re.compile(rf"{_UUID.pattern}|(?<![0-9A-Za-z-])[0-9a-f]{{16}}(?![0-9a-f]{{2}})|{_NUMBER}")
_CLIENT_ID: Final = re.compile(r'"transaction_id" *: *("[^"]*")')


class _NoScript(Exception):
    """What was sent cannot be sent once more by a shell script; its text is the reason, as a sentence."""


class Scripted(NamedTuple):
    """The text of a script, or why there is none, in one sentence."""

    text: str
    why_none: str


def script(run: Run, verdict: RuleVerdict) -> Scripted:
    """The script for a broken rule, where a shell can show it."""
    found = [finding for result in verdict.results for finding in result.of(verdict.rule.id)]
    why = ""
    for finding in sorted(found, key=lambda one: (not one.right, -one.off)):
        try:
            return Scripted(_Script(run, verdict, finding).text(), "")
        except _NoScript as reason:
            why = why or str(reason)
    return Scripted("", why)


class _Script:
    """One script about ``finding``. Raises _NoScript."""

    def __init__(self, run: Run, verdict: RuleVerdict, finding: Finding) -> None:
        self.run, self.verdict, self.finding = run, verdict, finding
        self.dialect = run.channel.dialect if verdict.rule.provider == OPERATOR else None
        if self.dialect is None:
            raise _NoScript(
                "A shell cannot show this: the CLIENT asks the provider, which a simulator has to answer."
            )
        if self.dialect.hmac_header is None:
            raise _NoScript("A shell cannot sign as this dialect does.")
        self.header = self.dialect.hmac_header
        self.fresh: dict[str, str] = {}
        exchanges = [run.history[number] for number in dict.fromkeys(finding.exchanges)]
        self.telling = [each for each in exchanges if each.purpose in _TOLD and _sent(each)]
        if not self.telling:
            raise _NoScript(
                "No request to the CLIENT shows this, but what the CLIENT asks or does by itself."
            )
        self.openings = list(self._openings())
        self.steps = self._steps()
        self.before = self._before()
        if not self.openings and any(_is_bet(each) for each in self.steps):
            raise _NoScript("Whether a bet is covered depends on a balance, and none was known.")
        if not 0 < len(self.steps) + len(self.before) <= _STEPS:
            raise _NoScript(
                f"It takes more than {_STEPS} requests in a row, which the judge replays by itself."
            )
        races = {each.race for each in self.steps} - {None}
        if races and not finding.right:
            raise _NoScript("Answers to requests that are sent at once differ from one time to the next.")
        if finding.whose and not finding.right:
            raise _NoScript(
                "More than one request decides what the balance may be, which takes the judge's model."
            )
        self.rounds = -(-_RACES // len(races)) if races else 1

    def _openings(self) -> Iterator[Opening]:
        """What each player whom this is about had before the first of what tells, as it was known last."""
        first = min(each.number for each in self.telling)
        for player in dict.fromkeys(each.player for each in self.finding.openings):
            quoted = json.dumps(player).encode()
            known = [each for each in self.finding.openings if each.player == player and each.since <= first]
            if known and (
                player == self.finding.whose or any(quoted in e.request.body for e in self.telling)
            ):
                yield max(known, key=lambda one: one.since)

    def _steps(self) -> list[Exchange]:
        last = max(each.number for each in self.telling)
        races = {each.race for each in self.telling} - {None}
        first = min([each.since for each in self.openings] or [each.number for each in self.telling])
        since = {each.player: each.since for each in self.openings}
        return [
            each
            for each in self.run.history.since(first)
            if (each.number <= last or each.race in races)
            and self._told(each)
            and each.number >= since.get(_player(each), first)
        ]

    def _told(self, exchange: Exchange) -> bool:
        return (
            exchange.provider == OPERATOR
            and exchange.direction is Direction.TO_CLIENT
            and exchange.purpose in _TOLD
            and exchange.scenario == self.telling[0].scenario
            and _sent(exchange)
        )

    def _before(self) -> list[Exchange]:
        """What the steps refer to and was sent before them, first things first."""
        first = self.steps[0].number if self.steps else 0
        by_id = {
            each.message.id: each
            for each in self.run.history
            if each.number < first and isinstance(each.message, Transaction) and self._told(each)
        }
        found: dict[int, Exchange] = {}
        waiting = list(self.steps)
        while waiting:
            message = waiting.pop().message
            if not isinstance(message, Transaction):
                continue
            for name in (message.id, message.of):
                one = by_id.get(name or "")
                if one is not None and one.number not in found:
                    found[one.number] = one
                    waiting.append(one)
        return [found[number] for number in sorted(found)]

    def text(self) -> str:
        """The whole script."""
        rule, finding = self.verdict.rule, self.finding
        sends = [*self._sends(self.before), "opened", *self._sends(self.steps)]
        opened = sends.index("opened")
        ids = [f"    {name}=$({_made(text)})" for text, name in self.fresh.items()]
        checks = list(self._checks())
        told = self.run.redactor.text(f"{finding.case + ': ' if finding.case else ''}{finding.seen}")
        lines = [
            "#!/bin/sh",
            *_comment(f"{rule.id} ({rule.level}): {rule.statement}"),
            *_comment(f"What happened: {told}"),
            *_comment(f"Expected: {self.run.redactor.text(finding.expected)}"),
            "#",
            "# Sends it once more, with new ids and right signatures, and puts the player's balance back.",
            "# Needs curl and openssl. Exit code 1: the fault shows. 0: it does not. 2: it could not be tried.",
            f"URL=${{CALLBACK_URL:-{shell_text(self._callback_url, self.run.redactor)}}}",
            f"HEADER={shlex.quote(self.header)}",
            *self._own(),
            files(__package__).joinpath("common.sh").read_text(encoding="utf-8"),
            "once() {",
            '    : >"$work/ids"',
            *ids,
            *self._each_player(lambda _: [f"give {_PLENTY}"] if self.before else []),
            *(f"    {line}" for line in sends[:opened]),
            *self._each_player(self._brought),
            *(f"    {line}" for line in sends[opened + 1 :]),
            *(f"    {line}" for line in checks),
            "}",
            "",
            "# What the player owns is put aside first, and put back in the end.",
            *self._each_player(lambda one: ["drain 0", f"owned{self._index(one)}=$taken"]),
            f"shown=no round=0\nwhile [ $shown = no ] && [ $round -lt {self.rounds} ]; do",
            "    round=$((round + 1)) shown=yes\n    once\ndone",
            *self._each_player(
                lambda one: [
                    f"drain {_units(one.amount, one.currency)}",
                    f'[ "$owned{self._index(one)}" -le 0 ] || give "$owned{self._index(one)}"',
                ]
            ),
            "if [ $shown = yes ]; then",
            f"    echo 'the fault shows: {rule.id} is broken'\n    exit 1\nfi",
            f"echo 'the fault does not show: {rule.id}'\nexit 0",
        ]
        return "\n".join(lines) + "\n"

    @property
    def _callback_url(self) -> str:
        operator, _ = self.run.settings.target.need_operator()
        return operator.callback_url

    def _index(self, opening: Opening) -> int:
        return self.openings.index(opening)

    def _each_player(self, lines: Callable[[Opening], list[str]]) -> Iterator[str]:
        for one in self.openings:
            named = shell_text(json.dumps(one.player), self.run.redactor)
            for line in [
                f"player={named} currency={one.currency} DECIMALS={money.decimals(one.currency)}",
                *lines(one),
            ]:
                yield f"    {line}"

    def _brought(self, opening: Opening) -> list[str]:
        """Lines that bring a player to what it had; the first time it has nothing, unless something was sent before."""
        units = _units(opening.amount, opening.currency)
        drained = f"drain {_PLENTY}" if self.before else f"[ $round -eq 1 ] || drain {units}"
        return [drained, f"give {units}"]

    def _sends(self, exchanges: Sequence[Exchange]) -> Iterator[str]:
        race = None
        for exchange in exchanges:
            if race is not None and exchange.race != race:
                yield "wait"
            race = exchange.race
            yield f"body={self._body(exchange)}"
            yield f"send {exchange.number} {self._how(exchange)}{' &' if race is not None else ''}"
        if race is not None:
            yield "wait"

    def _body(self, exchange: Exchange) -> str:
        try:
            text = exchange.request.body.decode()
        except UnicodeDecodeError:
            raise _NoScript("A body is no text, which a shell cannot hold.") from None
        message = exchange.message
        if isinstance(message, Transaction) and message.beside:
            raise _NoScript("A shell is not taught what several transactions in one request leave.")
        if "\0" in text or len(text) > _BODY:
            raise _NoScript("A body is longer than a command line can be, or has a null in it.")
        if isinstance(message, Transaction) and not _FRESH.search(json.dumps(message.id)):
            raise _NoScript("The ids are odd in a way that new ones would not be.")
        words, end = [], 0
        for hit in _FRESH.finditer(text):
            words += [shell_text(text[end : hit.start()], self.run.redactor), self._id(hit[0])]
            end = hit.end()
        words.append(shell_text(text[end:], self.run.redactor))
        return "".join(word for word in words if word != "''") or "''"

    def _id(self, text: str) -> str:
        name = self.fresh.setdefault(text.lower(), f"id{len(self.fresh) + 1}")
        if text == text.lower():
            return f'"${name}"'
        if text == text.upper():
            return f'"$(upper "${name}")"'
        raise _NoScript("An id is written in small and capital letters, each for itself.")

    def _how(self, exchange: Exchange) -> str:
        """Method, path, body and headers, as arguments of the script's ``send``."""
        request = exchange.request
        if not request.url.startswith(self._callback_url):
            raise _NoScript("It was sent to another address than the callback URL.")
        path = shell_text(request.url.removeprefix(self._callback_url), self.run.redactor)
        words = [shlex.quote(request.method), path, '"$body"']
        for name, value in request.headers:
            if name.lower() == self.header.lower():
                words += ["-H", self._signature(name, value, request.body)]
            elif name.lower() not in ("content-length", "host"):
                words += ["-H", shell_header(name, value, self.run.redactor)]
        if header(request.headers, "Content-Type") is None:
            words += ["-H", "Content-Type:"]
        return " ".join(words)

    def _signature(self, name: str, value: str, body: bytes) -> str:
        operator, _ = self.run.settings.target.need_operator()
        right = Signer().sign(body, operator.security_hash.get_secret_value())
        start = f"{name}: "
        if value == right:
            return f'"{start}$(sign "$body")"'
        if value == hashlib.sha256(body).hexdigest():
            return f'"{start}$(digest "$body")"'
        if value and right.startswith(value):
            return f'"{start}$(sign "$body" | cut -c 1-{len(value)})"'
        if value.startswith(right):
            return f'"{start}$(sign "$body")"{shell_text(value[len(right) :], self.run.redactor)}'
        return shell_header(name, value, self.run.redactor)

    def _checks(self) -> Iterator[str]:
        finding = self.finding
        if finding.right:
            opening = next((each for each in self.openings if each.player == finding.whose), None)
            if opening is None:
                raise _NoScript("What the player had before was not known.")
            named = shell_text(json.dumps(opening.player), self.run.redactor)
            units = [_units(amount, opening.currency) for amount in finding.right]
            right = " or ".join(money.show(amount, opening.currency) for amount in finding.right)
            yield f"player={named} currency={opening.currency} DECIMALS={money.decimals(opening.currency)}"
            yield f"drain {units[0]}"
            yield f'echo "balance $taken in smallest units; expected: {right}"'
            yield f"case $taken in {'|'.join(map(str, units))}) shown=no ;; esac"
            return
        letters: dict[str, int] = {}
        for exchange in self.telling:
            if exchange.failure is not None and exchange.failure.kind is FailureKind.PLANNED_LOSS:
                continue
            seen = answered(exchange, letters)
            if exchange.answer is not None and self._secret_in(exchange.answer.body):
                raise _NoScript("An answer has a secret in it, which stays out of files.")
            yield f'[ "$(answered {exchange.number})" = {shlex.quote(seen)} ] || shown=no'

    def _secret_in(self, body: bytes) -> bool:
        return self.run.redactor.data(body) != body

    def _own(self) -> Iterator[str]:
        """How a wager of the script's own is written, as a shell function over its variables."""
        wager = Transaction(Kind.BET, "@id", "@player", "@currency", Decimal(_MARK))
        assert self.dialect is not None
        body = self.dialect.encode(wager).decode()
        words = (
            ('"@player"', "$player"),
            ("@id", "$(new)"),
            ("@currency", "$currency"),
            (_MARK, "$amount"),
            (f'"{Kind.BET}"', '\\"$1\\"'),
        )
        body = body.replace('"', '\\"')
        for text, variable in words:
            body = body.replace(text.replace('"', '\\"'), variable)
        yield f'own_body() {{ body="{body}"; }}'
        yield f"OWN_PATH={shlex.quote(self.dialect.path(wager))}"


def answered(exchange: Exchange, letters: dict[str, int]) -> str:
    """What was answered on one line, as the script's function of this name writes it."""
    if exchange.answer is None:
        return "none id none "
    body = re.sub(rb"[\r\n]", b"", exchange.answer.body)[:400]
    text = re.sub(rb"[^ -~]", b"?", body).decode()
    given = _CLIENT_ID.search(text)
    letter = str(letters.setdefault(given[1], len(letters) + 1)) if given else "none"
    text = re.sub(r'"transaction_id" *: *"[^"]*"', '"transaction_id":""', text, count=1)
    text = re.sub(r"[0-9]+", "#", _UUID.sub("UUID", text))
    kind = header(exchange.answer.headers, "Content-Type") or ""
    return f"{exchange.answer.status} {kind} id {letter} {text}"


def _sent(exchange: Exchange) -> bool:
    """Whether the CLIENT may have got the whole request. Raises _NoScript for what a shell cannot do."""
    if any(note.name == ClientKilled.name for note in exchange.faults):
        raise _NoScript("The CLIENT is killed on the way, for which a shell has no command.")
    return exchange.failure is None or exchange.failure.kind is not FailureKind.PLANNED_RESET


def _player(exchange: Exchange) -> str:
    return exchange.message.player if isinstance(exchange.message, Transaction) else ""


def _is_bet(exchange: Exchange) -> bool:
    return isinstance(exchange.message, Transaction) and exchange.message.kind is Kind.BET


def _units(amount: Decimal, currency: str) -> int:
    units = amount / money.unit(currency)
    if units != int(units):
        raise _NoScript("The balance is finer than the currency's smallest unit.")
    return int(units)


def _made(old: str) -> str:
    """The command that makes an id of the kind of ``old``."""
    if len(old) < 16:
        return f"new | tr -d - | tr a-f0 1-7 | cut -c 1-{len(old)}"
    return "new" if "-" in old else "new | tr -d - | cut -c 1-16"


def _comment(text: str) -> list[str]:
    return [f"# {printable(line)}" for line in text.splitlines()]
