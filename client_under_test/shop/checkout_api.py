"""What the CLIENT's server asks of the checkout: to create one, by GraphQL. Contract, part C."""

import threading
import time
from typing import Any, Final
from urllib.parse import quote

import urllib3

from client_under_test.config import Config
from client_under_test.values import decimal_json

_ANSWER_LIMIT: Final = 256 * 1024
_CREATE: Final = """\
mutation Create($merchantId: ID!, $payload: String!) {
  createMerchantCheckout(merchantId: $merchantId, payload: $payload) {
    checkout { token }
    errors { code field message }
  }
}"""


_AUTHENTICATE: Final = """\
mutation Authenticate($clientId: String!) {
  authenticateClient(clientId: $clientId) { accessToken { value } }
}"""
# A token holds for an hour; it is replaced a minute before.
_TOKEN_SECONDS: Final = 3540.0


class CheckoutFailed(Exception):
    """The provider created no checkout that we know of; ``refused`` where it said so itself."""

    def __init__(self, what: str, *, refused: bool = False) -> None:
        super().__init__(what)
        self.refused = refused


class CheckoutApi:
    """Calls the checkout provider's GraphQL API, with a Bearer token that is asked for once an hour."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._http = urllib3.PoolManager(maxsize=8, retries=False)
        self._token: tuple[str, float] | None = None
        self._login = threading.Lock()

    def create(self, payload: str) -> str:
        """Create the checkout that the JWT ``payload`` describes; return its token. Raises CheckoutFailed."""
        status, answer = self.ask(_CREATE, self.named(payload), self.token())
        if status == 401 and self.config.checkout_client_id:
            # Over earlier than announced, or revoked: one new token, one more try.
            self.forget()
            status, answer = self.ask(_CREATE, self.named(payload), self.token())
        try:
            created = answer["data"]["createMerchantCheckout"]
            errors, checkout = created.get("errors"), created.get("checkout")
        except (KeyError, TypeError, AttributeError):
            raise CheckoutFailed("the answer is unreadable") from None
        if errors:
            raise CheckoutFailed(f"refused: {_codes(errors)}", refused=True)
        token = checkout.get("token") if isinstance(checkout, dict) else None
        if not isinstance(token, str) or not token:
            raise CheckoutFailed("the answer has no checkout")
        return token

    def named(self, payload: str) -> dict[str, str]:
        """Return the variables of the mutation."""
        return {"merchantId": self.config.merchant_id, "payload": payload}

    def token(self) -> str | None:
        """Return a Bearer token that holds, None where none was agreed on; raises CheckoutFailed."""
        if not self.config.checkout_client_id:
            return None
        with self._login:
            if self._token is None or time.monotonic() >= self._token[1]:
                self._token = self.authenticate(), time.monotonic() + _TOKEN_SECONDS
            return self._token[0]

    def forget(self) -> None:
        """Drop the token that did not hold."""
        with self._login:
            self._token = None

    def authenticate(self) -> str:
        """Return a new Bearer token; raises CheckoutFailed."""
        _, answer = self.ask(_AUTHENTICATE, {"clientId": self.config.checkout_client_id}, None)
        try:
            value = answer["data"]["authenticateClient"]["accessToken"]["value"]
        except (KeyError, TypeError):
            value = None
        if not isinstance(value, str) or not value:
            raise CheckoutFailed("no token was given for our clientId", refused=True)
        return value

    def hosted_page(self, token: str) -> str:
        """Return the address where the player approves or declines a checkout."""
        return f"{self.base}/checkout/{quote(token, safe='')}"

    @property
    def base(self) -> str:
        """The provider's address, without a slash at the end."""
        return self.config.checkout_url.rstrip("/")

    def ask(self, query: str, variables: dict[str, str], token: str | None) -> tuple[int, dict[str, Any]]:
        """Send a mutation; return the status and the JSON object answered. Raises CheckoutFailed."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            answer = self._http.request(
                "POST",
                f"{self.base}/graphql",
                body=decimal_json.dumps({"query": query, "variables": variables}).encode(),
                headers=headers,
                timeout=urllib3.Timeout(total=self.config.timeout),
                redirect=False,
                preload_content=False,
            )
            body = answer.read(_ANSWER_LIMIT + 1)
            answer.release_conn()
            document = decimal_json.loads(body) if len(body) <= _ANSWER_LIMIT else None
        except (urllib3.exceptions.HTTPError, OSError):
            raise CheckoutFailed("the provider does not answer") from None
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise CheckoutFailed(f"HTTP {answer.status}, and no JSON object")
        return answer.status, document


def _codes(errors: Any) -> str:
    # For our log: what the provider says of the payload, which is ours and holds no secret.
    return ", ".join(str(error.get("code")) for error in errors if isinstance(error, dict)) or "no reason"
