"""Conversions of balance into vouchers: the player's browser, the provider's hands, and the judge's waits.

A CLIENT acts on webhooks when it sees fit, so nothing here reads a state or a balance at once: every wait is
for what is expected, with the effort's ``patience`` as its bound.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from scenarios.driver import DriverProblem
from scenarios.jackpot_twin import Jackpot
from scenarios.judge import Judge, Undecided
from scenarios.players import Player
from scenarios.probes import DriverProbe, Unreadable
from scenarios.run import Run
from scenarios.tokens import SessionToken, taken_apart
from simulators.history import Exchange
from simulators.jackpot.lifecycle import Event, IllegalTransition, State
from simulators.jackpot.session_jwt import CURRENCY
from simulators.jackpot.world import Voucher

_POLL_SECONDS = 0.01
# So many exchanges, the last ones, show what became of a voucher.
_SHOWN = 12
# What is paid to the player whose conversions only pass the time, in smallest units, and one such price.
_PURSE = 10_000_000
_STROLL = 2000
# So often a stroll may be in vain before it is left out.
_STROLLS = 2


@dataclass(eq=False)
class Conversion:
    """One session of a player who wants to convert ``amount``, with the voucher reserved in it, if any."""

    player: Player
    amount: Decimal
    token: SessionToken
    first_exchange: int
    voucher_id: str | None = None
    closed: bool = False

    @property
    def key(self) -> str:
        """The notificationKey. Raises Undecided where the token has none."""
        if self.token.key is None:
            raise Undecided("the session's token has no notificationKey, so that no voucher can be tied to it")
        return self.token.key


@dataclass
class _Sentry:
    """The player whose conversions pass the time, and how often that was in vain."""

    player: Player | None = None
    left: Decimal = Decimal(0)
    vain: int = 0
    confirms: bool = True


_SENTRIES: dict[int, _Sentry] = {}


@dataclass
class Conversions:
    """What scenarios do with sessions and vouchers. Made for one scenario; ``finish`` closes what it opened."""

    run: Run
    twin: Jackpot
    judge: Judge
    made: list[Conversion] = field(default_factory=list)

    @property
    def patience(self) -> float:
        """Seconds that a CLIENT may take."""
        return self.run.settings.effort.patience

    @property
    def sentry(self) -> _Sentry:
        """What is known of the CLIENT's pace, for the whole run."""
        return self.twin.__dict__.setdefault("sentry", _Sentry())  # type: ignore[no-any-return]
