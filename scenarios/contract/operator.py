"""All rules of the OPERATOR, in contract order (``sportsbook.txt``)."""

from scenarios.contract.wallet_answers import OPERATOR_WIRE
from scenarios.contract.wallet_bets import OPERATOR_MONEY
from scenarios.contract.wallet_copies import OPERATOR_ONCE
from scenarios.contract.wallet_histories import OPERATOR_WHOLE

OPERATOR = (*OPERATOR_WIRE, *OPERATOR_MONEY, *OPERATOR_ONCE, *OPERATOR_WHOLE)
