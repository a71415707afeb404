"""What the CLIENT's server asks of Jackpot: a token of its own, and vouchers. Contract, part B."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

import urllib3

from client_under_test.config import Config
from client_under_test.values import decimal_json, money
from client_under_test.values.refusals import Refused

_ANSWER_LIMIT: Final = 4 * 1024 * 1024
# A token is renewed this many seconds before it expires.
_EARLY: Final = 30.0


class JackpotFailed(Exception):
    """Jackpot gave no usable answer; ``status`` is the HTTP status, None where there was none.

    What was asked for may have happened all the same.
    """

    def __init__(self, what: str, status: int | None = None) -> None:
        super().__init__(what if status is None else f"{what}: HTTP {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher as Jackpot itself says it is: ``price`` in minor units, ``reserved_until`` in seconds."""

    voucher_id: str
    state: str
    price: int
    notification_key: str | None
    url: str | None
    reserved_until: float | None


class JackpotApi:
    """Calls Jackpot's API with a server token, which is asked for once and renewed before it expires."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._http = urllib3.PoolManager(maxsize=8, retries=False)
        self._token: tuple[str, float] | None = None
        self._login = threading.Lock()

    def voucher(self, voucher_id: str) -> Voucher | None:
        """Return a voucher as it stands, None where Jackpot knows none of that id; raises JackpotFailed."""
        try:
            return self.read_voucher(self.call("GET", f"/v2/vouchers/{quote(voucher_id, safe='')}"))
        except JackpotFailed as failure:
            if failure.status == 404:
                return None
            raise

    def confirm(self, voucher_id: str) -> Voucher:
        """Order a reserved voucher; raises JackpotFailed, also where the order may have been taken."""
        return self.change(voucher_id, "confirm")

    def cancel(self, voucher_id: str) -> Voucher:
        """Give a reservation up; raises JackpotFailed."""
        return self.change(voucher_id, "cancel")

    def refund(self, voucher_id: str) -> Voucher:
        """Ask for a refund of a confirmed voucher; raises JackpotFailed."""
        return self.change(voucher_id, "refund")

    def change(self, voucher_id: str, what: str) -> Voucher:
        """Ask for one change of a voucher; raises JackpotFailed."""
        return self.read_voucher(self.call("PUT", f"/v2/vouchers/{quote(voucher_id, safe='')}/{what}"))

    def signed_url(self, voucher_id: str) -> str:
        """Return a new address of a voucher's PDF, good for an hour; raises JackpotFailed."""
        url = self.call("GET", f"/v2/vouchers/{quote(voucher_id, safe='')}/signedurl").get("signedUrl")
        if not web(url):
            raise JackpotFailed("the signed URL is none")
        return str(url)

    def opens(self, url: str) -> bool:
        """Say whether ``url`` still opens; an address that nobody answers at is given the benefit."""
        try:
            return self.ask("HEAD", url, {}).status == 200
        except JackpotFailed:
            return True

    def catalogue(self) -> list[dict[str, Any]]:
        """Return the properties of every store that is offered; raises JackpotFailed."""
        answer = self.ask(
            "GET", self.address("/v2/stores"), {"apikey": self.config.jackpot_api_key.encode("utf-8")}
        )
        stores = self.document(answer)
        if not isinstance(stores, list) or not all(isinstance(store, dict) for store in stores):
            raise JackpotFailed("the catalogue is unreadable")
        return stores

    def read_voucher(self, document: dict[str, Any]) -> Voucher:
        """Read a voucher; raises JackpotFailed where it is unreadable."""
        price, key = document.get("price"), document.get("notificationKey")
        voucher_id, state = document.get("id"), document.get("state")
        try:
            minor = money.to_minor(money.exact(price), self.config.voucher_currency)
        except Refused:
            raise JackpotFailed("the voucher's price is unreadable") from None
        if not isinstance(voucher_id, str) or not isinstance(state, str):
            raise JackpotFailed("the voucher is unreadable")
        url = document.get("url")
        return Voucher(
            voucher_id,
            state,
            minor,
            key if isinstance(key, str) else None,
            str(url) if web(url) else None,
            _seconds(document.get("resaExpireDate")),
        )

    # -- the way there

    def call(self, method: str, path: str) -> dict[str, Any]:
        """Call as the CLIENT's server; a token that does not hold is replaced once. Raises JackpotFailed."""
        token = self.token()
        answer = self.ask(method, self.address(path), {"Authorization": f"Bearer {token}"})
        if answer.status == 401:
            self.forget(token)
            answer = self.ask(method, self.address(path), {"Authorization": f"Bearer {self.token()}"})
        document = self.document(answer)
        if not isinstance(document, dict):
            raise JackpotFailed("the answer is unreadable")
        return document

    def token(self) -> str:
        """Return a valid server token; calls that come together wait for one login. Raises JackpotFailed."""
        with self._login:
            if self._token is None or time.monotonic() >= self._token[1]:
                self._token = self.login()
            return self._token[0]

    def forget(self, token: str) -> None:
        """Drop ``token`` unless it has been replaced already."""
        with self._login:
            if self._token is not None and self._token[0] == token:
                self._token = None

    def login(self) -> tuple[str, float]:
        """Return a new token and when it is stale; raises JackpotFailed."""
        asked = time.monotonic()
        credentials = {
            "grant_type": "client_credentials",
            "client_id": self.config.jackpot_client_id or self.config.jackpot_api_key,
            "client_secret": self.config.jackpot_client_secret,
        }
        answer = self.ask(
            "POST",
            self.address("/v2/token"),
            {"Content-Type": "application/json"},
            decimal_json.dumps(credentials).encode(),
        )
        document = self.document(answer)
        if not isinstance(document, dict):
            raise JackpotFailed("the token is unreadable")
        token, seconds = document.get("access_token"), document.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int | Decimal):
            raise JackpotFailed("the token is unreadable")
        lifetime = float(seconds)
        return token, asked + lifetime - min(_EARLY, lifetime / 10)

    def address(self, path: str) -> str:
        """Return where ``path`` of the API is."""
        return self.config.jackpot_url.rstrip("/") + path

    def document(self, answer: urllib3.BaseHTTPResponse) -> Any:
        """Read the JSON of an answer with status 200; raises JackpotFailed."""
        if answer.status != 200:
            raise JackpotFailed("Jackpot refused", answer.status)
        try:
            return decimal_json.loads(answer.data)
        except ValueError:
            raise JackpotFailed("the answer is no JSON") from None

    def ask(
        self, method: str, url: str, headers: dict[str, Any], body: bytes | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Send one request; raises JackpotFailed where no whole answer comes in time."""
        timeout = self.config.jackpot_timeout
        try:
            answer = self._http.request(
                method,
                url,
                body=body,
                headers={"Accept": "application/json", **headers},
                timeout=urllib3.Timeout(total=timeout),
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise JackpotFailed(f"Jackpot does not answer ({type(error).__name__})") from None
        if len(answer.data) > _ANSWER_LIMIT:
            raise JackpotFailed("the answer is too long")
        return answer


def web(address: object) -> bool:
    """Say whether ``address`` is one of the web; anything else has no business in our page."""
    return isinstance(address, str) and address.startswith(("http://", "https://"))


def _seconds(moment: object) -> float | None:
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except ValueError:
        return None
