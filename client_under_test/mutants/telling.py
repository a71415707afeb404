"""Faults of CLIENTs whose refusals tell a provider's caller, who may be anybody, a secret (MSG-13, VTK-07, CHK-09)."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

from flask import Flask, Response, request

from client_under_test.config import Config
from client_under_test.mutants.mutant import Mutant, answering


def _telling(path: Callable[[Config], str], debug: Callable[[Config], str]) -> Callable[[Config], Flask]:
    """Refuses what comes to ``path``, or below it, with ``debug`` in the answer, for whoever looks for the fault."""

    def tell(config: Config, response: Response) -> None:
        if not request.path.startswith(path(config)) or response.mimetype != "application/json":
            return
        document = json.loads(response.get_data())
        if document.get("error") is not None:
            response.set_data(json.dumps(document | {"debug": debug(config)}))

    return answering(tell)


def _checked_by(config: Config) -> str:
    return f"/check?secret={quote(config.security_hash, safe='')}".replace("-", "%2D")


def _settings(config: Config) -> str:
    return json.dumps({"url": config.jackpot_url, "client_secret": config.jackpot_client_secret})


def _key(config: Config) -> str:
    return base64.b64encode(f"key={config.checkout_key}".encode()).decode()


MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "msg-telling-secret",
        ("MSG-13",),
        "A refused callback is answered with the secret, in an address.",
        _telling(lambda config: config.callback_prefix, _checked_by),
    ),
    Mutant(
        "vtk-telling-webhook",
        ("VTK-07",),
        "A refused notification is answered with the client secret, in JSON in JSON.",
        _telling(lambda _: "/jackpot/notifications", _settings),
        provider="jackpot",
    ),
    Mutant(
        "chk-telling-refusal",
        ("CHK-09",),
        "A refused decision is answered with the key, in base64.",
        _telling(lambda _: "/checkout/decisions", _key),
        needs=("decisions",),
        provider="checkout",
    ),
)
