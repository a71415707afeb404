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
# What was done, by the provider's id: the player, what it moved in cents, and our own id.
DONE: dict[str, tuple[str, int, int]] = {}
BROKE: set[str] = set()
UNDONE: set[str] = set()


def handle(asked: dict) -> dict:
    """Answer one message: all of its actions are done, each once, or none is."""
    player, left = asked["player"], BALANCES.get(asked["player"])
    if left is None or asked["currency"] != "EUR":
        return {"code": 3, "reason": "WHO"}
    done, undone = dict(DONE), set(UNDONE)
    for action in asked["actions"]:
        key, moved = action["id"], action["cents"]
        if key in done:
            continue
        if action["do"] == "undo":
            whose, first, _ = done.get(action["of"], (player, 0, 0))
            if whose != player:
                return {"code": 3, "reason": "WHO"}
            moved = 0 if action["of"] in undone else -first
            undone.add(action["of"])
        elif key in undone:
            # Rolled back before it came: it is answered, and moves nothing.
            moved = 0
        elif action["do"] == "bet":
            moved = -moved
            if key in BROKE or left + moved < 0:
                # Refused once, it stays so.
                BROKE.add(key)
                return {"code": 2, "reason": "BROKE"}
        left += moved
        done[key] = player, moved, len(done) + 1
    BALANCES[player] = left
    DONE.update(done)
    UNDONE.update(undone)
    return {"code": 0, "own": [done[action["id"]][2] for action in asked["actions"]]}


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
                said = handle(json.loads(body))
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


class Server(ThreadingHTTPServer):
    """Keeps quiet about connections that end early."""

    def handle_error(self, *_: object) -> None:
        """Whatever was asked comes again."""


if __name__ == "__main__":
    server = Server(("127.0.0.1", int(sys.argv[1])), Wallet)
    print(f"acme's CLIENT listens at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
