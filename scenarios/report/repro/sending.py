"""What scripts about broken rules have in common: requests with new ids, in a row or at once, and a last word."""

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Final

from scenarios.contract import Observed
from scenarios.problems.plain_text import printable
from scenarios.run.findings import Finding, RuleVerdict
from scenarios.run.run import Run
from simulators.exchanges.curl import shell_header, shell_text
from simulators.exchanges.history import OWN, Direction, Exchange, FailureKind, Purpose, header
from simulators.transport.faults.wire import ClientKilled
from simulators.wallet.transactions import Transaction

# What belongs to a case; all else the judge sends for itself.
TOLD: Final = frozenset({Purpose.SCENARIO, Purpose.FORGERY, Purpose.SWEEP})
_BODY: Final = 20_000
# Seconds.
_PATIENCE: Final = 30
# What makes an id new: a random UUID, the stem of an id that is odd, or a number, spelled in some way.
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER: Final = r'(?:(?<=")|(?<="0)|(?<="0e)|(?<="\+))[1-9][0-9]{8,10}(?![0-9])'
FRESH: Final = re.compile(rf"{_UUID.pattern}|(?<![0-9A-Za-z-])[0-9a-f]{{16}}(?![0-9a-f]{{2}})|{_NUMBER}")
_CLIENT_ID: Final = re.compile(r'"transaction_id" *: *("[^"]*")')


class NoScript(Exception):
    """What was sent cannot be sent once more by a shell script; its text is the reason, as a sentence."""


class Script:
    """One script about ``finding``: sends to ``url``, or where the variable ``variable`` says. Raises NoScript.

    ``sends_again`` says in a sentence what it does.
    """

    url: str
    variable: str
    sends_again: str
    # Purposes of what belongs to a case.
    shows: frozenset[Purpose] = TOLD
    rounds = 1

    def __init__(self, run: Run, verdict: RuleVerdict, finding: Finding) -> None:
        self.run, self.verdict, self.finding = run, verdict, finding
        self.fresh: dict[str, str] = {}
        exchanges = [run.history[number] for number in dict.fromkeys(finding.exchanges)]
        self.telling = [each for each in exchanges if self._shows(each) and sent(each)]
        if exchanges and all(each.purpose in OWN for each in exchanges):
            raise NoScript(
                "It was seen in the judge's own wagers alone, which depend on what the player owns."
            )
        unseen = finding.observed in (Observed.ASKED, Observed.SHOWN) and not (
            finding.claims or finding.order
        )
        if unseen or not self.telling:
            raise NoScript("A shell cannot show this, as it is in no answer of the CLIENT's to a provider.")

    def text(self) -> str:
        """The whole script."""
        rule, finding, redactor = self.verdict.rule, self.finding, self.run.redactor
        once = list(self.once())
        ids = [f"    {name}=$({_made(text)})" for text, name in self.fresh.items()]
        about = f"{finding.about()}: " if finding.case or finding.cases else ""
        reported = redactor.text(f"{about}{finding.explained}")
        lines = [
            "#!/bin/sh",
            *_comment(f"{rule.id} ({rule.level}): {rule.statement}"),
            *_comment(f"What happened: {reported}"),
            *_comment(f"Expected: {redactor.text(finding.expected)}"),
            "#",
            *_comment(self.sends_again),
            "# Needs curl and openssl. Exit code 1: the fault shows. 0: it does not. 2: it could not be tried.",
            f"URL=${{{self.variable}:-{shell_text(self.url, redactor)}}} LIMIT={self._limit():g}",
            *self.tools(),
            "once() {",
            '    : >"$work/ids"',
            *ids,
            *(f"    {line}" for line in once),
            "}",
            "",
            *self.first(),
            f"shown=no round=0\nwhile [ $shown = no ] && [ $round -lt {self.rounds} ]; do",
            "    round=$((round + 1)) shown=yes\n    once\ndone",
            *self.last(),
            "if [ $shown = yes ]; then",
            f"    echo 'the fault shows: {rule.id} is broken'\n    exit 1\nfi",
            f"echo 'the fault does not show: {rule.id}'\nexit 0",
        ]
        return "\n".join(lines) + "\n"

    def _shows(self, exchange: Exchange) -> bool:
        return exchange.purpose in self.shows and exchange.direction is Direction.TO_CLIENT

    def _limit(self) -> float:
        """Seconds that an answer may take: those of the judge where it had none."""
        return self.run.route.timeout if self.finding.observed is Observed.SILENT else _PATIENCE

    def tools(self) -> Iterator[str]:
        """The functions that it calls."""
        yield files(__package__).joinpath("common.sh").read_text(encoding="utf-8")

    def first(self) -> Iterator[str]:
        """What is done before all rounds."""
        yield from ()

    def last(self) -> Iterator[str]:
        """What is done after them."""
        yield from ()

    def once(self) -> Iterator[str]:
        """One round: sends, and sets ``shown`` to "no" where the fault does not show."""
        raise NotImplementedError

    def sends(self, exchanges: Sequence[Exchange]) -> Iterator[str]:
        """Lines that send what was sent in ``exchanges``."""
        race = None
        for exchange in exchanges:
            if race is not None and exchange.race != race:
                yield "wait"
            race = exchange.race
            yield f"body={self._body(exchange)}"
            lost = cut(exchange)
            if lost:
                yield "lose"
            more = (' -m "$instant"' if lost else "") + (" &" if race is not None else "")
            yield f"send {exchange.number} {self._how(exchange)}{more}"
        if race is not None:
            yield "wait"

    def answers(self) -> Iterator[str]:
        """Lines that compare the answers with those that broke the rule."""
        letters: dict[str, int] = {}
        partly = self.finding.observed is Observed.OTHER and len(self.telling) < len(
            set(self.finding.exchanges)
        )
        if partly and all(each.ok for each in self.telling):
            raise NoScript(
                "The answers are right each for itself, and wrong beside those to the judge's own wagers."
            )
        for exchange in self.telling:
            if cut(exchange):
                continue
            seen = answered(exchange, letters)
            if exchange.answer is not None and self._secret_in(exchange.answer.body):
                raise NoScript("An answer has a secret in it, which stays out of files.")
            yield f'[ "$(answered {exchange.number})" = {shlex.quote(seen)} ] || shown=no'

    def _secret_in(self, body: bytes) -> bool:
        return self.run.redactor.data(body) != body

    def _body(self, exchange: Exchange) -> str:
        body, message = exchange.request.body, exchange.message
        if isinstance(message, Transaction) and message.beside:
            raise NoScript("A shell is not taught what several transactions in one request leave.")
        if b"\0" in body or len(body) > _BODY:
            raise NoScript("A body is longer than a command line can be, or has a null in it.")
        try:
            text = body.decode()
        except UnicodeDecodeError:
            octets = "".join(rf"\{byte:03o}" for byte in body)
            return f"\"$(printf '{octets}')\""
        if isinstance(message, Transaction) and not FRESH.search(json.dumps(message.id)):
            raise NoScript("The ids are odd in a way that new ones would not be.")
        words, end = [], 0
        for hit in FRESH.finditer(text):
            words += [shell_text(text[end : hit.start()], self.run.redactor), self.renewed(hit[0])]
            end = hit.end()
        words.append(shell_text(text[end:], self.run.redactor))
        return "".join(word for word in words if word != "''") or "''"

    def renewed(self, text: str) -> str:
        """The word of the shell for the new id that takes the place of ``text``."""
        name = self.fresh.setdefault(text.lower(), f"id{len(self.fresh) + 1}")
        if text == text.lower():
            return f'"${name}"'
        if text == text.upper():
            return f'"$(upper "${name}")"'
        raise NoScript("An id is written in small and capital letters, each for itself.")

    def _how(self, exchange: Exchange) -> str:
        """Method, path, body and headers, as arguments of the script's ``send``."""
        request = exchange.request
        if not request.url.startswith(self.url):
            raise NoScript("It was sent to another address than the target file names.")
        words = [shlex.quote(request.method), self.path(request.url.removeprefix(self.url)), '"$body"']
        for name, value in request.headers:
            if name.lower() not in ("content-length", "host"):
                words += ["-H", self.header(name, value, request.body)]
        if header(request.headers, "Content-Type") is None:
            words += ["-H", "Content-Type:"]
        return " ".join(words)

    def path(self, text: str) -> str:
        """The word of the shell for the end of an address."""
        return shell_text(text, self.run.redactor)

    def header(self, name: str, value: str, body: bytes) -> str:  # noqa: ARG002 - signatures are of it
        """The word of the shell for one header of a request with ``body``."""
        return shell_header(name, value, self.run.redactor)


def cut(exchange: Exchange) -> bool:
    """Whether the judge cut the connection once the request was sent."""
    return exchange.failure is not None and exchange.failure.kind is FailureKind.PLANNED_LOSS


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


def sent(exchange: Exchange) -> bool:
    """Whether the CLIENT may have got the whole request. Raises NoScript for what a shell cannot do."""
    if any(note.name == ClientKilled.name for note in exchange.faults):
        raise NoScript("The CLIENT is killed on the way, for which a shell has no command.")
    return exchange.failure is None or exchange.failure.kind is not FailureKind.PLANNED_RESET


def _made(old: str) -> str:
    """The command that makes an id of the kind of ``old``."""
    if len(old) < 16:
        return f"new | tr -d - | tr a-f0 1-7 | cut -c 1-{len(old)}"
    return "new" if "-" in old else "new | tr -d - | cut -c 1-16"


def _comment(text: str) -> list[str]:
    return [f"# {printable(line)}" for line in text.splitlines()]
