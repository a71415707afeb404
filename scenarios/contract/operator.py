"""All rules of the OPERATOR, in contract order (``sportsbook.txt``)."""

from scenarios.contract.operator_money import OPERATOR_MONEY
from scenarios.contract.operator_once import OPERATOR_ONCE
from scenarios.contract.operator_whole import OPERATOR_WHOLE
from scenarios.contract.operator_wire import OPERATOR_WIRE

OPERATOR = (*OPERATOR_WIRE, *OPERATOR_MONEY, *OPERATOR_ONCE, *OPERATOR_WHOLE)
