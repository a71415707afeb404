"""Only requests that come with the hash of their own bytes are read. ``sportsbook.txt``, *Transactions*."""

import hashlib
import hmac

from client_under_test.values.refusals import Refused

HASH_HEADER = "X-Security-Hash"


class SignatureCheck:
    """Checks the hash of callbacks under SECURITY_HASH."""

    def __init__(self, security_hash: str) -> None:
        self._key = security_hash.encode()

    def check(self, body: bytes, given: str | None) -> None:
        """Raise Refused unless ``given`` is the lower-case hex HMAC-SHA256 of ``body`` as it was received."""
        # Header values are latin-1 text; compare_digest on bytes takes them all, and constant time.
        if not given or not hmac.compare_digest(
            given.encode("utf-8", "replace"), self.expected(body).encode()
        ):
            raise Refused("INVALID_HASH")

    def expected(self, body: bytes) -> str:
        """Return the hash that ``body`` must come with."""
        return hmac.new(self._key, body, hashlib.sha256).hexdigest()
