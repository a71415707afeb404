"""Signed URLs: a voucher's PDF for whoever has the address, for one hour (``voucher-webhook.txt``)."""

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from itertools import count
from typing import Final
from urllib.parse import urlencode

from simulators.jackpot.world import Voucher

URL_SECONDS: Final = 3600
FILES: Final = "/vouchers-jackpot-pitboss"
# Who signs, as such addresses tell it.
_ACCOUNT: Final = "vouchers-jackpot-pitboss@files-of-vouchers.iam.jackpot.example"


class UrlStanding(Enum):
    """What a signed URL is worth."""

    VALID = "valid"
    EXPIRED = "expired"
    FORGED = "forged"


@dataclass(frozen=True)
class Signer:
    """Signs addresses under ``secret``, the CLIENT's client_secret; what was signed stays good over a restart.

    The addresses have the documented shape: those of a store of files with a host of its own, and a signature of
    256 bytes in base64, in which ``+``, ``/`` and ``=`` are percent-encoded.
    """

    secret: str = field(repr=False)

    def url(self, base_url: str, voucher: Voucher, now: datetime) -> str:
        """Return the address of the voucher's PDF, valid for an hour from ``now``."""
        expires = int(now.timestamp()) + URL_SECONDS
        signature = self._signature(voucher.id, voucher.url_key, expires)
        query = urlencode({"GoogleAccessId": _ACCOUNT, "Expires": expires, "Signature": signature})
        return f"{base_url.rstrip('/')}{FILES}/{voucher.id}.pdf?{query}"

    def standing(
        self, voucher: Voucher, access_id: str, expires: str, signature: str, now: float
    ) -> UrlStanding:
        """Say what the parts of a signed URL are worth ``now`` (seconds since the epoch)."""
        if access_id != _ACCOUNT or not _number(expires):
            return UrlStanding.FORGED
        given = signature.encode("utf-8", "surrogatepass")
        for key in range(voucher.url_key, -1, -1):
            if hmac.compare_digest(self._signature(voucher.id, key, int(expires)).encode(), given):
                valid = now < int(expires) and key == voucher.url_key
                return UrlStanding.VALID if valid else UrlStanding.EXPIRED
        return UrlStanding.FORGED

    def _signature(self, voucher_id: str, key: int, expires: int) -> str:
        """The first signature in which each character stands that must be percent-encoded."""
        for attempt in count():
            text = f"signed URL\n{voucher_id}\n{key}\n{expires}\n{attempt}"
            signed = b64encode(b"".join(self._block(f"{text}\n{number}") for number in range(4))).decode()
            if "+" in signed and "/" in signed:
                return signed
        raise AssertionError

    def _block(self, text: str) -> bytes:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha512).digest()


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
