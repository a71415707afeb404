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
# Own number and movement (player, cents) of each transaction, by the provider's id; what was rolled back, by whom.
DONE: dict[str, tuple[int, str, int]] = {}
UNDONE: set[str] = set()


def handle(path: str, asked: dict) -> dict:
    [action] = asked["actions"]
    key, player, cents = action["id"], asked["player"], action["cents"]
    if player not in BALANCES or asked["currency"] != "EUR":
        return {"code": 3, "reason": "WHO"}
    if key in DONE:
        return {"code": 0, "own": DONE[key][0]}
    moved = -cents if path == "/bet" else cents
    if path == "/undo":
        first = DONE.get(action["of"])
        moved = 0 if first is None or action["of"] in UNDONE else -first[2]
        UNDONE.add(action["of"])
    elif key in UNDONE:
        # Rolled back before it came: it is answered, and moves nothing.
        moved = 0
    if path == "/bet" and BALANCES[player] + moved < 0:
        return {"code": 2, "reason": "BROKE"}
    BALANCES[player] += moved
    DONE[key] = len(DONE) + 1, player, moved
    return {"code": 0, "own": DONE[key][0]}


class Wallet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
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
