"""A CLIENT of BlueOcean's GameHub, made from its public pages alone: ``WAY=name python blueocean.py PORT PLAYER=..``.

GameHub seamless integration: *Seamless wallet calls*, *8) debit*, *9) credit*, *3.4 rollback*, *20) F.A.Q.*
SECURITY_HASH is the salt. ``RIGHT`` names ways to do what the pages leave open, ``WRONG`` faults with the rules that
each breaks. Standard library only.
"""

import hashlib
import hmac
import json
import os
import threading
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import starting

# Each with what else may be said of it.
RIGHT: dict[str, tuple[str, ...]] = {
    "answers as they were": (),
    "answers as it is now, by numbers, and shows more than is asked": (),
}
WRONG: dict[str, tuple[str, ...]] = {
    # Rollbacks of one transaction are copies of one another.
    "returns a debit as often as it is asked": ("IDM-01", "RBK-07"),
    # Another's transaction is one that it does not know: ids are a player's own.
    "pays what it does not know": ("RBK-04", "RBK-10"),
    "rolls back for whoever asks": ("RBK-10",),
}

WAY = os.environ.get("WAY", "answers as they were")
NOW = WAY.startswith("answers as it is now")
CENT = Decimal("0.01")


class No(Exception):
    """Not done; the text is the status."""


class Wallet:
    """Players and what was done for them; one request at a time is under way."""

    def __init__(self, players: dict[str, tuple[str, str]]) -> None:
        self.lock = threading.Lock()
        self.left = {name: Decimal(balance) for name, (balance, _) in players.items()}
        # By player and transaction_id: what it was, what it moved, and how it was answered.
        self.done: dict[tuple[str, str], tuple[str, Decimal, str, Decimal]] = {}
        self.undone: set[tuple[str, str]] = set()

    def answer(self, asked: dict[str, str]) -> tuple[str, Decimal]:
        """Status and balance."""
        with self.lock:
            name = asked.get("remote_id", "")
            if name not in self.left:
                raise No("403")
            if asked.get("action") == "balance":
                return "200", self.left[name]
            return self.handle(name, asked)

    def handle(self, name: str, asked: dict[str, str]) -> tuple[str, Decimal]:
        action, amount = asked.get("action"), money(asked.get("amount", ""))
        own = (name, asked.get("transaction_id", ""))
        if action not in ("debit", "credit", "rollback") or not own[1] or asked.get("currency") != "EUR":
            raise No("403")
        if action == "rollback":
            self.undo(name, own, amount)
            return "200", self.left[name]
        if own in self.done:
            first, _, status, reported = self.done[own]
            if first != action:
                raise No("403")
            return status, self.left[name] if NOW else reported
        covered = action == "credit" or amount <= self.left[name]
        moved = (amount if action == "credit" else -amount) if covered else Decimal(0)
        self.left[name] += moved
        status = "200" if covered else "403"
        self.done[own] = action, moved, status, self.left[name]
        return status, self.left[name]

    def undo(self, name: str, own: tuple[str, str], amount: Decimal) -> None:
        if WAY == "rolls back for whoever asks":
            own = next((each for each in self.done if each[1] == own[1]), own)
        if own not in self.done:
            if WAY == "pays what it does not know":
                self.left[name] += amount
            raise No("404")
        if own not in self.undone or WAY == "returns a debit as often as it is asked":
            self.left[name] -= self.done[own][1]
        self.undone.add(own)


def money(text: str) -> Decimal:
    """An amount in whole cents, without a sign."""
    whole, point, cents = text.partition(".")
    digits = whole.isascii() and whole.isdigit() and (not point or (cents.isascii() and cents.isdigit()))
    if not digits or len(whole) > 12 or len(cents) > 6 or Decimal(text) % CENT:
        raise No("403")
    return Decimal(text)


def main() -> None:
    begin = starting.start()
    wallet = Wallet(begin.players)

    def handle(asked: starting.Asked) -> starting.Said:
        query, _, key = urlsplit(asked.path).query.rpartition("&key=")
        right = hashlib.sha1(begin.secret + query.encode()).hexdigest()
        said: dict = {}
        try:
            if not hmac.compare_digest(right.encode(), key.encode()):
                raise No("403")
            pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
            if len(dict(pairs)) < len(pairs):
                raise No("403")
            status, balance = wallet.answer(dict(pairs))
            said = {"status": status, "balance": str(balance)}
            if NOW:
                said = {"server": {"balance": -1}, "status": int(status), "balance": float(balance)}
        except No as no:
            said = {"status": str(no), "msg": "not done"}
        except ValueError:
            said = {"status": "403", "msg": "unreadable"}
        return 200, "application/json", json.dumps(said).encode()

    starting.serve(begin.port, handle)


main()
