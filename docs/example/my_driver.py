"""How pitboss reaches into our CLIENT, where one request and a JMESPath do not do."""

import os
from decimal import Decimal

import requests

SITE = os.environ.get("SITE", "http://127.0.0.1:8710")
SECONDS = 10


class Driver:
    """The methods are named as the entries of [driver], and take those of their words that they need."""

    def __init__(self) -> None:
        self._site = requests.Session()

    def balance(self, player: str) -> Decimal:
        """What our website shows the player, in euros."""
        answer = self._site.get(f"{SITE}/players/{player}/balance", timeout=SECONDS)
        answer.raise_for_status()
        return Decimal(answer.json()["balance"])

    def ban(self, player: str) -> None:
        """Ban the player."""
        self._set_banned(player, "ban", True)

    def unban(self, player: str) -> None:
        """Lift the ban."""
        self._set_banned(player, "unban", False)

    def _set_banned(self, player: str, action: str, banned: bool) -> None:
        answer = self._site.post(f"{SITE}/players/{player}/{action}", timeout=SECONDS)
        answer.raise_for_status()
        # Our back-office answers 200 with the old state while it is being restarted.
        if answer.json()["banned"] is not banned:
            raise RuntimeError(f"{player} is still as before; send it again")
