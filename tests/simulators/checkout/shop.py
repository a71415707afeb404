"""A correct shop in memory, small, whose methods are the places where tests put one fault each.

It sells at prices with tax, mints checkout tokens, and hears decisions. ``with served(Shop()) as url:`` serves it;
``target_of(url, shop)`` is a target file of nothing but ``[checkout]`` and ``[driver]``.
"""

import json
import threading
import time
import uuid
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import parse_qs

from scenarios.hosting.ports import free_port
from scenarios.target.loading import Target
from simulators.server.wsgi_server import Server
from simulators.values import jws, money
from tests.support.keys import key_pair

MERCHANT = "merchant-7"
SECRET = "a shared secret <of the tests> & more"
# Reference: currency, price before tax, tax in percent. The lamp's tax ends in half a cent.
CATALOGUE = {
    "mug": ("GBP", Decimal("9.50"), Decimal(20)),
    "lamp": ("EUR", Decimal("33.50"), Decimal(19)),
    "heater": ("GBP", Decimal("7.77"), Decimal(5)),
    "book": ("EUR", Decimal("12.00"), Decimal(0)),
    "fan": ("JPY", Decimal(1285), Decimal(10)),
}


class Keys:
    """The keys of one algorithm: what each side signs with, and what the other verifies with."""

    def __init__(self, algorithm="HS256"):
        self.algorithm = algorithm
        ours, theirs = (SECRET, SECRET), (SECRET, SECRET)
        if algorithm != "HS256":
            ours, theirs = key_pair(algorithm, "the shop's"), key_pair(algorithm, "the provider's")
        (self.client, self.client_public), (self.provider, self.provider_public) = ours, theirs


class Shop:
    """Answers GET /token, /page and /orders/<reference>, and POST /decisions, one after the other."""

    def __init__(self, keys=None, catalogue=None):
        self.keys = keys or Keys()
        self.catalogue = catalogue or CATALOGUE
        self.orders = {}
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        path, query = environ["PATH_INFO"], parse_qs(environ["QUERY_STRING"])
        query = {name: values[0] for name, values in query.items()}
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            status, kind, text = self.route(path, query, body)
        except LookupError:
            status, kind, text = "404 Not Found", "application/json", '{"error": "UNKNOWN"}'
        start_response(status, [("Content-Type", kind)])
        return [text.encode()]

    def route(self, path, query, body):
        if path == "/token":
            return "200 OK", "application/json", json.dumps({"token": self.token(query["variant"], query)})
        if path == "/page":
            return "200 OK", "text/html", self.page(query["variant"])
        if path == "/page.js":
            return "200 OK", "text/javascript", "let bought = 0;"
        if path.startswith("/orders/"):
            with self.lock:
                return "200 OK", "application/json", json.dumps({"granted": self.read(path[8:])})
        if path == "/decisions":
            return self.hear(json.loads(body)["payload"]), "application/json", "{}"
        raise LookupError(path)

    # Tokens.

    def token(self, variant, query):
        return self.sign(self.claims(variant, query))

    def claims(self, variant, query):
        currency, before, percentage = self.catalogue[variant]
        after = (before * (1 + percentage / 100)).quantize(money.unit(currency), ROUND_HALF_UP)
        reference = str(uuid.uuid4())
        self.open(reference)
        data = {
            "merchantReference": reference,
            "currency": currency,
            "merchantPrice": self.price(before, after, percentage),
            "variant": {"reference": variant},
        }
        return {"iss": MERCHANT, "sub": "Merchant", "iat": int(time.time()), "data": data}

    def price(self, before, after, percentage):
        return {
            "valueBeforeTax": before,
            "valueAfterTax": after,
            "taxValue": after - before,
            "taxPercentage": percentage,
        }

    def sign(self, claims):
        return jws.sign(claims, self.keys.client, self.keys.algorithm)

    # The page.

    def page(self, variant):
        if variant not in self.catalogue:
            raise LookupError(variant)
        return f"<h1>{variant}</h1><script src='/page.js'></script><script src='http://127.0.0.1:1/x.js'></script>"

    # Decisions.

    def open(self, reference):
        with self.lock:
            self.orders[reference] = [None, 0]

    def read(self, reference):
        return self.orders[reference][1]

    def hear(self, payload):
        try:
            claims = self.verified(payload)
        except (jws.BadSignature, jws.NoJwt):
            return "401 Unauthorized"
        if (claims.get("iss"), claims.get("sub")) != (MERCHANT, "Merchant"):
            return "403 Forbidden"
        with self.lock:
            return self.decide(claims["data"].get("merchantReference"), claims["data"].get("outcome"))

    def verified(self, payload):
        header, claims = jws.unverified(payload)
        if header.get("alg") != self.keys.algorithm:
            raise jws.BadSignature
        jws.verify(payload, self.keys.provider_public, self.keys.algorithm)
        return claims

    def decide(self, reference, outcome):
        order = self.orders.get(reference)
        if order is None:
            return "404 Not Found"
        if order[0] is None:
            order[0] = outcome
            order[1] += outcome == "success"
        return "200 OK"


@contextmanager
def served(shop):
    """Serve ``shop``; yield its address."""
    with Server(shop) as server:
        yield server.url


def target_of(url, shop, entries=("checkout_token", "checkout_page", "order"), **checkout):
    """The target file of ``shop`` at ``url``, with the driver's ``entries``; ``checkout`` adds to the section."""
    driver = {
        "checkout_token": {"get": f"{url}/token?variant={{variant}}", "read": "token"},
        "checkout_page": {"get": f"{url}/page?variant={{variant}}"},
        "checkout_start": {"post": f"{url}/start/{{merchant_reference}}"},
        "order": {"get": f"{url}/orders/{{merchant_reference}}", "read": "granted"},
    }
    section = {
        "merchant_id": MERCHANT,
        "key": shop.keys.client_public,
        "algorithm": shop.keys.algorithm,
        "variants": list(shop.catalogue),
        "decision_url": f"{url}/decisions",
        "decision_key": shop.keys.provider,
        "listen": f"127.0.0.1:{free_port()}",
    }
    return Target.model_validate(
        {
            "checkout": {name: value for name, value in (section | checkout).items() if value is not None},
            "driver": {name: driver[name] for name in entries},
        }
    )
