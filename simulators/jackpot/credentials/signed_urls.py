"""Signed URLs: a voucher's PDF for whoever has the address, for one hour (``voucher-webhook.txt``)."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final
from urllib.parse import urlencode

from simulators.jackpot.world import Voucher

URL_SECONDS: Final = 3600
FILES: Final = "/files"


class UrlStanding(Enum):
    """What a signed URL is worth."""

    VALID = "valid"
    EXPIRED = "expired"
    FORGED = "forged"


@dataclass(frozen=True)
class Signer:
    """Signs addresses under ``secret``, the CLIENT's client_secret; they stay good over a restart."""

    secret: str = field(repr=False)

    def url(self, base_url: str, voucher: Voucher, now: datetime) -> str:
        """Return the address of the voucher's PDF, valid for an hour from ``now``."""
        expires = int(now.timestamp()) + URL_SECONDS
        query = urlencode(
            {
                "Key": voucher.url_key,
                "Expires": expires,
                "Signature": self._signature(voucher.id, voucher.url_key, expires),
            }
        )
        return f"{base_url.rstrip('/')}{FILES}/{voucher.id}.pdf?{query}"

    def standing(self, voucher: Voucher, key: str, expires: str, signature: str, now: float) -> UrlStanding:
        """Say what the parts of a signed URL are worth ``now`` (seconds since the epoch)."""
        if not (_number(key) and _number(expires)):
            return UrlStanding.FORGED
        good = self._signature(voucher.id, int(key), int(expires))
        if not hmac.compare_digest(good.encode(), signature.encode("utf-8", "surrogatepass")):
            return UrlStanding.FORGED
        return (
            UrlStanding.VALID if now < int(expires) and int(key) == voucher.url_key else UrlStanding.EXPIRED
        )

    def _signature(self, voucher_id: str, key: int, expires: int) -> str:
        text = f"signed URL\n{voucher_id}\n{key}\n{expires}"
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
