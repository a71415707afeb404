"""The groups of rules, by the provider that they are about."""

from dataclasses import dataclass
from typing import Final

from simulators.providers import CHECKOUT, JACKPOT, OPERATOR


@dataclass(frozen=True, slots=True)
class Group:
    """What a group is about, and what is said of each of its rules that does not say otherwise.

    ``source`` is the provider's document and section, ``needs`` the entries of ``[driver]`` that it takes.
    """

    title: str
    source: str = ""
    needs: tuple[str, ...] = ()


_WAGERS: Final = "sportsbook.txt, Transactions"
_ROLLBACKS: Final = "sportsbook.txt, Transaction-rollback"
GROUPS_OF: Final[dict[str, dict[str, Group]]] = {
    OPERATOR: {
        "SIG": Group("authenticity", _WAGERS),
        "MSG": Group("answers and bad input", _WAGERS),
        "BET": Group("bets", _WAGERS),
        "RES": Group("results", _WAGERS),
        "IDM": Group("handled only once", _WAGERS),
        "RBK": Group("rollback", _ROLLBACKS),
        "INV": Group("invariants over generated histories", f"{_WAGERS} and Transaction-rollback"),
        "BAL": Group("reported balances"),
        "OUT": Group("requests the CLIENT makes", "sportsbook.txt, Start session", ("launch",)),
    },
    JACKPOT: {
        "VTK": Group(
            "session tokens the CLIENT mints", "voucher-widget.txt, Build your token", ("voucher_session",)
        ),
        "EVT": Group("webhooks", "voucher-webhook.txt, Notification URL"),
        "CAT": Group("catalogue", "voucher-webhook.txt, Offer catalog update notifications", ("store",)),
        "VCH": Group(
            "money and vouchers",
            "voucher-webhook.txt, Voucher update notifications",
            ("voucher_session",),
        ),
    },
    CHECKOUT: {
        "CHK": Group("checkout product widget", "product-widget.txt, Field details", ("checkout_token",))
    },
}
GROUP: Final = {name: group for groups in GROUPS_OF.values() for name, group in groups.items()}
# Every group and what it is about, in contract order.
GROUPS: Final = {name: group.title for name, group in GROUP.items()}
# Those about money alone: what breaks them loses some.
MONEY: Final = frozenset({"BET", "RES", "IDM", "RBK", "INV", "BAL", "VCH"})
PROVIDER_OF: Final[dict[str, str]] = {group: name for name, groups in GROUPS_OF.items() for group in groups}
