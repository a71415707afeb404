"""A small CLIENT of an imaginary provider "acme", by Python's standard library alone: python acme_client.py PORT

It asks for JSON with a list of actions, amounts in cents, and an HMAC-SHA512 of the body, in base64, in X-Acme-Sign.
"""

import base64
import hmac
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

SECRET = b"acme secret"
LOCK = Lock()
BALANCES = {"alice": 10_000, "bob": 10_000}
# What was answered to each transaction, by the provider's id, with its player and what it moved, in cents.
ANSWERED: dict[str, tuple[dict, str, int]] = {}
UNDONE: set[str] = set()


def handle(path: str, asked: dict) -> dict:
    """Answer one message, and move the player's money."""
    [action] = asked["actions"]
    key, player, cents = action["id"], asked["player"], action["cents"]
    if player not in BALANCES or asked["currency"] != "EUR":
        return {"code": 3, "reason": "WHO"}
    if key in ANSWERED:
        # Whatever was answered first, a refusal too.
        return ANSWERED[key][0]
    moved = -cents if path == "/bet" else cents
    if path == "/undo":
        _, whose, first = ANSWERED.get(action["of"], ({}, player, 0))
        if whose != player:
            return {"code": 3, "reason": "WHO"}
        moved = 0 if action["of"] in UNDONE else -first
        UNDONE.add(action["of"])
    elif key in UNDONE:
        # Rolled back before it came: it is answered, and moves nothing.
        moved = 0
    said = {"code": 0, "own": len(ANSWERED) + 1}
    if path == "/bet" and BALANCES[player] + moved < 0:
        said, moved = {"code": 2, "reason": "BROKE"}, 0
    BALANCES[player] += moved
    ANSWERED[key] = said, player, moved
    return said


class Wallet(BaseHTTPRequestHandler):
    """Checks the signature and writes answers."""

    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece.
    wbufsize = -1

    def do_POST(self) -> None:
        """Answer a message of acme's."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        right = base64.b64encode(hmac.digest(SECRET, body, "sha512")).decode()
        if hmac.compare_digest(self.headers.get("X-Acme-Sign", ""), right):
            with LOCK:
                said = handle(self.path, json.loads(body))
        else:
            said = {"code": 1, "reason": "SIGN"}
        answer = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Wallet)
    print(f"acme's CLIENT listens at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
