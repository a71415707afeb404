"""All rules of the OPERATOR, in contract order (``sportsbook.txt``), and what they say where a dialect differs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from scenarios.contract.wallet_answers import OPERATOR_WIRE
from scenarios.contract.wallet_bets import OPERATOR_MONEY
from scenarios.contract.wallet_copies import OPERATOR_ONCE
from scenarios.contract.wallet_histories import OPERATOR_WHOLE

# What a rule says in a dialect without an ability (a field of its Abilities), by rule; of several the first counts.
OTHERWISE: Final[Mapping[str, Mapping[str, str]]] = {
    "IDM-01": {
        "copies_as_first": "the same request sent again: balance unchanged, and a success, if in other words",
        "client_ids": "the same request sent again: balance unchanged, and a success as the first time",
    },
    "IDM-02": dict.fromkeys(
        ("copies_as_first", "client_ids"),
        "N copies at once (released by last-byte synchronisation): one effect, and every answer a success",
    ),
    "IDM-06": {"rollback_ids": "the id of a bet on a result, and of a result on a bet, has no second effect"},
    "IDM-08": {
        "rollback_ids": "the ids of bets and results are compared exactly: `abc`, `ABC`, `abc ` and `abc` with a "
        "combining accent are different transactions"
    },
    "RBK-04": {
        "unknown_rollbacks": "the rollback of an unknown transaction moves no money, whether it is refused or not",
        "client_ids": "the rollback of an unknown transaction succeeds and moves no money",
    },
    "RBK-05": {"client_ids": "the rollback of an unknown transaction, sent again, succeeds again"},
    "RBK-07": {
        "rollback_ids": "a second rollback of the same transaction, a copy of the first, moves no money (decided: "
        "otherwise money is made)"
    },
    "RBK-08": {"unknown_rollbacks": "rolling back a refused bet moves no money"},
    "RBK-13": {
        "results_alone": "a result that arrives after a bet of its round was rolled back is still paid, where the bet "
        "that it names stands"
    },
    "RBK-14": {"rollback_ids": "concurrent rollbacks of one bet, copies of one, return its amount once"},
}

OPERATOR = tuple(
    replace(rule, otherwise=OTHERWISE.get(rule.id, {}))
    for rule in (*OPERATOR_WIRE, *OPERATOR_MONEY, *OPERATOR_ONCE, *OPERATOR_WHOLE)
)
