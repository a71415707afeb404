"""A wallet with a gap, its own process: it checks the balance, waits, and takes the bet without a lock.

Usage: racing_wallet.py GAP_SECONDS BALANCE PORT [CERTIFICATE]. Prints its port, ends when its input does.
`POST /fund` sets the balance again; `POST` elsewhere bets 1.
"""

import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

gap, opening, port = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
balance = opening


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        global balance
        self.rfile.read(int(self.headers["Content-Length"]))
        error = None
        if self.path == "/fund":
            balance = opening
        elif balance >= 1:
            time.sleep(gap)
            balance -= 1
        else:
            error = "INSUFFICIENT_FUNDS"
        body = json.dumps({"error": error, "transaction_id": "t"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", port), Handler)
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
os._exit(0)
