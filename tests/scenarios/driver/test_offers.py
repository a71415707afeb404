"""What a CLIENT shows of a store, compared as JSON values."""

from decimal import Decimal

import pytest

from scenarios.driver.offers import wrong


@pytest.mark.parametrize(
    ("shown", "right"),
    [
        (Decimal("20.00"), True),
        (True, False),
        ([Decimal(20), True], False),
        ("20", False),
    ],
)
def test_numbers_are_compared_by_value_and_booleans_are_none(shown, right):
    data = {"value": [20, 1] if isinstance(shown, list) else 20}
    assert wrong({"value": shown}, data, ["value"]) == ([] if right else ["value"])


@pytest.mark.parametrize(("shown", "right"), [(True, True), (Decimal(1), False), (None, False)])
def test_a_boolean_is_itself_alone_in_any_depth(shown, right):
    deep = {"value": {"continuous": [shown]}}
    assert wrong(deep, {"value": {"continuous": [True]}}, ["value"]) == ([] if right else ["value"])
