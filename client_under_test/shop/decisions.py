"""Reads the provider's decisions: a JSON body whose ``payload`` is a signed JWT. Contract, part C."""

from dataclasses import dataclass
from typing import Any, Final

import jwt

from client_under_test.config import Config
from client_under_test.shop.orders import APPROVED, DECLINED
from client_under_test.shop.tokens import SUBJECT, usable
from client_under_test.values.fields import json_object, require_json, text
from client_under_test.values.refusals import Refused

BODY_LIMIT: Final = 64 * 1024
# What the provider calls the state that a checkout goes to.
OUTCOMES: Final = {"success": APPROVED, "failure": DECLINED}


class BadSignature(Exception):
    """The decision is not signed as agreed, so anybody may have written it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the provider decided: ``state`` is approved or declined.

    ``reference`` is our merchantReference, None where the provider left it out; ``provider_token`` is its own.
    """

    reference: str | None
    provider_token: str
    state: str


class DecisionReader:
    """Turns bodies into decisions; none is looked into before its signature holds. Raises KeyUnusable."""

    def __init__(self, config: Config) -> None:
        self.merchant_id = config.merchant_id
        self.algorithm = config.checkout_algorithm
        self.key = _verifying_key(config)
        self.verifier = jwt.PyJWS(algorithms=[self.algorithm])

    def read(self, content_type: str | None, body: bytes) -> Decision:
        """Read one decision; raises Refused where it is malformed, BadSignature."""
        require_json(content_type)
        token = json_object(body).get("payload")
        if not isinstance(token, str):
            raise Refused("INVALID_PAYLOAD")
        return self.decision(json_object(self.verified(token)))

    def verified(self, token: str) -> bytes:
        """Return what ``token`` says; raises BadSignature, and Refused where it is no JWT."""
        try:
            jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, UnicodeError):
            raise Refused("INVALID_PAYLOAD") from None
        try:
            said = self.verifier.decode_complete(token, self.key, algorithms=[self.algorithm])
        except (jwt.InvalidTokenError, jwt.InvalidKeyError, UnicodeError):
            raise BadSignature from None
        payload: bytes = said["payload"]
        return payload

    def decision(self, claims: dict[str, Any]) -> Decision:
        """Read the claims; raises Refused."""
        data, iat = claims.get("data"), claims.get("iat")
        if claims.get("iss") != self.merchant_id or claims.get("sub") != SUBJECT:
            raise Refused("NOT_FOR_THIS_MERCHANT")
        if not isinstance(iat, int) or isinstance(iat, bool):
            raise Refused("INVALID_IAT")
        if not isinstance(data, dict):
            raise Refused("INVALID_DATA")
        outcome = data.get("outcome")
        # A token of ours, sent back, has a good signature too; an outcome it has not.
        if not isinstance(outcome, str) or outcome not in OUTCOMES:
            raise Refused("INVALID_OUTCOME")
        reference = None if data.get("merchantReference") is None else text(data, "merchantReference")
        return Decision(reference, text(data, "reference"), OUTCOMES[outcome])


def _verifying_key(config: Config) -> Any:
    """Return the provider's key; where it has none of its own, decisions are signed as our tokens are."""
    if config.checkout_decision_key:
        variable = "CHECKOUT_DECISION_KEY"
        key = usable(config.checkout_decision_key, config.checkout_algorithm, variable, private=False)
    else:
        key = usable(config.checkout_key, config.checkout_algorithm, "CHECKOUT_KEY", private=False)
    return key.public_key() if hasattr(key, "public_key") else key
