"""What the CLIENT's server asks of the checkout: to create one, by GraphQL. Contract, part C."""

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


class CheckoutFailed(Exception):
    """The provider created no checkout that we know of; ``refused`` where it said so itself."""

    def __init__(self, what: str, *, refused: bool = False) -> None:
        super().__init__(what)
        self.refused = refused


class CheckoutApi:
    """Calls the checkout provider's GraphQL API."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._http = urllib3.PoolManager(maxsize=8, retries=False)

    def create(self, payload: str) -> str:
        """Create the checkout that the JWT ``payload`` describes; return its token. Raises CheckoutFailed."""
        answer = self.ask({"merchantId": self.config.merchant_id, "payload": payload})
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

    def hosted_page(self, token: str) -> str:
        """Return the address where the player approves or declines a checkout."""
        return f"{self.base}/checkout/{quote(token, safe='')}"

    @property
    def base(self) -> str:
        """The provider's address, without a slash at the end."""
        return self.config.checkout_url.rstrip("/")

    def ask(self, variables: dict[str, str]) -> dict[str, Any]:
        """Send the mutation and return the JSON object answered; raises CheckoutFailed."""
        try:
            answer = self._http.request(
                "POST",
                f"{self.base}/graphql",
                body=decimal_json.dumps({"query": _CREATE, "variables": variables}).encode(),
                headers={"Content-Type": "application/json", "Accept": "application/json"},
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
        return document


def _codes(errors: Any) -> str:
    # For our log: what the provider says of the payload, which is ours and holds no secret.
    return ", ".join(str(error.get("code")) for error in errors if isinstance(error, dict)) or "no reason"
