"""The life of a conversion as tables: Jackpot's states of a voucher, and two of our own. Contract, part B."""

from typing import Final

# Ours: a session that reserved nothing yet, and one that ended so.
OPEN: Final = "OPEN"
EXPIRED: Final = "EXPIRED"

RESERVED: Final = "RESERVED"
CONFIRMED: Final = "CONFIRMED"
CANCELED: Final = "CANCELED"
READY: Final = "READY"
REFUNDING: Final = "REFUNDING"
REFUNDED: Final = "REFUNDED"
REFUND_REJECTED: Final = "REFUND_REJECTED"

_REFUNDS: Final = frozenset({REFUNDED, REFUND_REJECTED})
_AFTER_READY: Final = frozenset({REFUNDING}) | _REFUNDS
_AFTER_CONFIRMED: Final = frozenset({READY}) | _AFTER_READY
_AFTER_RESERVED: Final = frozenset({CONFIRMED, CANCELED}) | _AFTER_CONFIRMED
_AFTER_OPEN: Final = frozenset({RESERVED}) | _AFTER_RESERVED

# What may follow, at once or after steps that no event reported. What a late event reports is missing here.
FOLLOWS: Final[dict[str, frozenset[str]]] = {
    OPEN: _AFTER_OPEN | {EXPIRED},
    EXPIRED: _AFTER_OPEN,
    RESERVED: _AFTER_RESERVED,
    CONFIRMED: _AFTER_CONFIRMED,
    READY: _AFTER_READY,
    REFUNDING: _REFUNDS,
    CANCELED: frozenset(),
    REFUNDED: frozenset(),
    REFUND_REJECTED: frozenset(),
}

# Where the price is spent, and where nothing is.
PAID: Final = frozenset({CONFIRMED, READY, REFUNDING, REFUND_REJECTED})
RETURNED: Final = frozenset({CANCELED, REFUNDED, EXPIRED})

# What Jackpot is asked for; each is written down before it is asked.
CONFIRM: Final = "confirm"
CANCEL: Final = "cancel"
REFUND: Final = "refund"

# Movements. The late ones are of a voucher reserved when its session had given the money back already.
HOLD: Final = "HOLD"
SPEND: Final = "SPEND"
RELEASE: Final = "RELEASE"
RETURN: Final = "RETURN"
LATE: Final = "LATE_"
