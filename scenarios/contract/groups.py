"""The groups of rules, by the provider that they are about."""

from typing import Final

from simulators.providers import CHECKOUT, JACKPOT, OPERATOR

GROUPS_OF: Final[dict[str, dict[str, str]]] = {
    OPERATOR: {
        "SIG": "authenticity",
        "MSG": "answers and bad input",
        "BET": "bets",
        "RES": "results",
        "IDM": "handled only once",
        "RBK": "rollback",
        "INV": "invariants over generated histories",
        "BAL": "balances told",
        "OUT": "requests the CLIENT makes",
    },
    JACKPOT: {
        "VTK": "session tokens the CLIENT mints",
        "EVT": "webhooks",
        "CAT": "catalogue",
        "VCH": "money and vouchers",
    },
    CHECKOUT: {"CHK": "checkout product widget"},
}
# Every group and what it is about, in contract order.
GROUPS: Final[dict[str, str]] = {
    group: title for groups in GROUPS_OF.values() for group, title in groups.items()
}
# Those about money alone: what breaks them loses some.
MONEY: Final = frozenset({"BET", "RES", "IDM", "RBK", "INV", "BAL", "VCH"})
PROVIDER_OF: Final[dict[str, str]] = {group: name for name, groups in GROUPS_OF.items() for group in groups}
