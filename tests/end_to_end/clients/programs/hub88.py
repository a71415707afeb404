"""A CLIENT of Hub88's, made from its public pages alone: ``WAY=name python hub88.py PORT PLAYER=..``.

Hub88 developer docs, Operator API Reference: *Wallet API*, *Seamless Wallet response statuses*. SECURITY_HASH is the
public half of the key that Hub88 signs with, in PEM. ``RIGHT`` names ways to do what the pages leave open. Standard
library only.
"""

import base64
import hashlib
import json
import os
import sqlite3
import threading
from contextlib import closing

import starting

# Each with what else may be said of it.
RIGHT: dict[str, tuple[str, ...]] = {
    "answers as they were": (),
    "answers as it is now, and shows more than is asked": (),
}

NOW = os.environ.get("WAY", "").startswith("answers as it is now")
UNIT = 100_000
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


class No(Exception):
    """Not done; the text is the status."""


class Key:
    """A public key of RSA: PEM, DER, two integers."""

    def __init__(self, pem: str) -> None:
        lines = pem.strip().splitlines()
        whole, _ = self._part(base64.b64decode("".join(lines[1:-1])))
        _, bits = self._part(whole)
        inside, _ = self._part(self._part(bits)[0][1:])
        modulus, rest = self._part(inside)
        self.modulus = int.from_bytes(modulus, "big")
        self.exponent = int.from_bytes(self._part(rest)[0], "big")
        self.size = (self.modulus.bit_length() + 7) // 8

    @staticmethod
    def _part(der: bytes) -> tuple[bytes, bytes]:
        """The content of the first element, and what comes after it."""
        length, begin = der[1], 2
        if length & 0x80:
            begin += length & 0x7F
            length = int.from_bytes(der[2:begin], "big")
        return der[begin : begin + length], der[begin + length :]

    def signed(self, body: bytes, signature: str) -> bool:
        """Whether ``signature``, in base64, is that of ``body``: RSA with SHA-256, PKCS #1 v1.5."""
        try:
            given = base64.b64decode(signature, validate=True)
        except ValueError:
            return False
        digest = SHA256_PREFIX + hashlib.sha256(body).digest()
        padded = b"\0\1" + b"\xff" * (self.size - len(digest) - 3) + b"\0" + digest
        found = pow(int.from_bytes(given, "big"), self.exponent, self.modulus)
        return len(given) == self.size and found.to_bytes(self.size, "big") == padded


class Wallet:
    """Players and their transactions in tables; one statement at a time is under way."""

    def __init__(self, players: dict[str, tuple[str, str]]) -> None:
        self.lock = threading.Lock()
        self.rows = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.rows.execute("CREATE TABLE player (name TEXT PRIMARY KEY, currency TEXT, left_over)")
        self.rows.execute(
            "CREATE TABLE done (id TEXT PRIMARY KEY, player TEXT, kind TEXT, of TEXT, moved, status TEXT, told)"
        )
        for name, (balance, currency) in players.items():
            units, _, cents = balance.partition(".")
            self._sql("INSERT INTO player VALUES (?, ?, ?)", name, currency, self._scaled(units, cents))

    @staticmethod
    def _scaled(units: str, cents: str) -> int:
        return int(units) * UNIT + int(cents.ljust(5, "0"))

    def _sql(self, statement: str, *values: object) -> list[tuple]:
        with closing(self.rows.execute(statement, values)) as found:
            return found.fetchall()

    def balance(self, name: str) -> int:
        return self._sql("SELECT left_over FROM player WHERE name = ?", name)[0][0]

    def account(self, name: str) -> str:
        """The currency of a player."""
        found = self._sql("SELECT currency FROM player WHERE name = ?", name)
        if not found:
            raise No("RS_ERROR_UNKNOWN")
        return found[0][0]

    def answer(self, path: str, asked: dict) -> tuple[str, int, str]:
        """Status, balance and currency."""
        with self.lock:
            name = field(asked, "user", str)
            currency = self.account(name)
            if path == "/user/balance":
                return "RS_OK", self.balance(name), currency
            return *self.handle(path.rpartition("/")[2], name, currency, asked), currency

    def handle(self, kind: str, name: str, currency: str, asked: dict) -> tuple[str, int]:
        own = field(asked, "transaction_uuid", str)
        of = field(asked, "reference_transaction_uuid", str) if kind != "bet" else None
        known = self._sql("SELECT player, kind, status, told FROM done WHERE id = ?", own)
        if known:
            player, first, status, reported = known[0]
            if (player, first) != (name, kind):
                raise No("RS_ERROR_DUPLICATE_TRANSACTION")
            return status, self.balance(name) if NOW else reported
        if kind == "rollback":
            status, moved = self.undo(name, str(of))
        else:
            if field(asked, "currency", str) != currency:
                raise No("RS_ERROR_WRONG_CURRENCY")
            status, moved = self.wager(kind, own, of, name, field(asked, "amount", int))
        self._sql("UPDATE player SET left_over = left_over + ? WHERE name = ?", moved, name)
        reported = self.balance(name)
        self._sql(
            "INSERT INTO done VALUES (?, ?, ?, ?, ?, ?, ?)", own, name, kind, of, moved, status, reported
        )
        return status, reported

    def wager(self, kind: str, own: str, of: str | None, name: str, amount: int) -> tuple[str, int]:
        if amount < 0:
            raise No("RS_ERROR_WRONG_TYPES")
        undone = bool(
            self._sql("SELECT 1 FROM done WHERE of = ? AND kind = 'rollback' AND player = ?", own, name)
        )
        if kind == "win":
            stands = self._sql(
                "SELECT 1 FROM done AS bet WHERE id = ? AND player = ? AND kind = 'bet' AND status = 'RS_OK' AND NOT "
                "EXISTS (SELECT 1 FROM done WHERE of = bet.id AND kind = 'rollback' AND player = bet.player)",
                of,
                name,
            )
            if not stands:
                raise No("RS_ERROR_TRANSACTION_DOES_NOT_EXIST")
            return "RS_OK", 0 if undone else amount
        if undone:
            # It is over before it began: acknowledged, or not.
            return ("RS_OK" if NOW else "RS_ERROR_UNKNOWN"), 0
        if amount > self.balance(name):
            return "RS_ERROR_NOT_ENOUGH_MONEY", 0
        return "RS_OK", -amount

    def undo(self, name: str, of: str) -> tuple[str, int]:
        found = self._sql("SELECT player, moved FROM done WHERE id = ? AND kind <> 'rollback'", of)
        again = self._sql("SELECT 1 FROM done WHERE of = ? AND kind = 'rollback' AND player = ?", of, name)
        if not found or found[0][0] != name or again:
            return "RS_OK", 0
        return "RS_OK", -found[0][1]


def field(asked: dict, name: str, kind: type) -> object:
    value = asked.get(name)
    if type(value) is not kind or value == "":
        raise No("RS_ERROR_WRONG_TYPES")
    return value


def main() -> None:
    begin = starting.start()
    wallet, key = Wallet(begin.players), Key(begin.secret.decode())

    def handle(asked: starting.Asked) -> starting.Said:
        document: dict = {}
        said: dict = {}
        try:
            if not key.signed(asked.body, asked.header("X-Hub88-Signature") or ""):
                raise No("RS_ERROR_INVALID_SIGNATURE")
            document = json.loads(asked.body)
            status, balance, currency = wallet.answer(asked.path, document)
            said = {"user": document["user"], "status": status, "currency": currency}
            # Of refusals one alone is to tell it.
            if status in ("RS_OK", "RS_ERROR_NOT_ENOUGH_MONEY"):
                said["balance"] = balance
        except No as no:
            said = {"status": str(no)}
        except ValueError:
            said = {"status": "RS_ERROR_WRONG_SYNTAX"}
        said["request_uuid"] = document.get("request_uuid")
        if NOW:
            said = {"took": 0.25, "server": {"balance": -1}, **dict(reversed(said.items()))}
        return 200, "application/json; charset=utf-8", json.dumps(said, indent=2 if NOW else None).encode()

    starting.serve(begin.port, handle)


main()
