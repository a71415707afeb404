"""Jackpot's messages: presence rules, names, spellings, differences of stores."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from simulators.exchanges.history import Answer, Status
from simulators.jackpot import wire
from simulators.jackpot.catalogue import stores as catalogue
from simulators.values import decimal_json
from tests.simulators.jackpot.examples import COUPON, GOLDEN, STORE, coupon, documented, store, update


def test_numbers_are_written_as_documented() -> None:
    assert b'"voucherPossibleDiscreteValues":[20,30,50]' in wire.encode(GOLDEN[0][0])
    assert b'"value":"80.00","initialAmount":"68.80"' in wire.encode(GOLDEN[-1][0])


def test_what_has_no_value_is_absent_or_null_as_documented() -> None:
    message = coupon(notification_key=None, signed_url=None, confirm_date=None, send_date=None).model_dump()
    assert set(COUPON) - set(message) == {"notificationKey", "signedUrl"}
    assert message["confirmDate"] is message["sendDate"] is message["canceledDate"] is None
    same = update("e", "2022-02-03T15:15:22.472Z", store(), store()).model_dump()["message"]
    assert list(same) == ["storeId", "data"]


@pytest.mark.parametrize("name", wire.EVENTS)
def test_every_event_has_one_name_and_reads_back(name: str) -> None:
    document = next((d for _, d in GOLDEN if d["event"] == name), None)
    if document is None:
        state = wire.STATE_OF[name]  # type: ignore[index]
        document = documented(name, "e-1", "2021-07-01T15:05:20.360Z", {**COUPON, "state": str(state)})
    assert json.loads(wire.encode(wire.parse(json.dumps(document)))) == document


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"event": "coupon/unheard-of", "id": "1", "createdAt": "2021-07-01T15:05:20.360Z", "message": {}}',
        b'{"event": "store/disabled", "id": "1", "message": {"storeId": "s"}}',
        b'{"event": "store/disabled", "id": "1", "createdAt": "yesterday", "message": {"storeId": "s"}}',
        json.dumps(
            documented("coupon/ready", "1", "2021-07-01T15:05:20.360Z", {**COUPON, "value": "x"})
        ).encode(),
        json.dumps(
            documented("coupon/ready", "1", "2021-07-01T15:05:20.360Z", {**COUPON, "value": 1e99})
        ).encode(),
    ],
)
def test_malformed_events_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        wire.parse(body)


@pytest.mark.parametrize(
    "change",
    [
        {"voucherWithContinuousValue": True},
        {"voucherPossibleDiscreteValues": None},
        {"voucherValueMin": 60},
        {"voucherValueMin": 0},
        {"discounts": [{"voucherValueMin": 20, "voucherValueMax": 30, "discountRate": 100}]},
        {"discounts": [{"voucherValueMin": 20, "voucherValueMax": 30, "discountRate": -101}]},
        {"name": None},
        {"id": "another"},
        {"unheard": 1},
    ],
)
def test_a_store_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        catalogue.changed(store(), change)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Status.OK),
        (201, Status.UNCLEAR),
        (204, Status.UNCLEAR),
        (302, Status.UNCLEAR),
        (400, Status.REFUSED),
        (500, Status.UNCLEAR),
    ],
)
def test_200_alone_acknowledges(status: int, outcome: Status) -> None:
    assert wire.read(Answer(status)).status is outcome


# -- the stores' differences


@settings(deadline=None)
@given(st.data())
def test_an_update_names_exactly_what_differs(data: st.DataObject) -> None:
    before = store() if data.draw(st.booleans()) else catalogue.changed(store(), catalogue.CONTINUOUS)
    changes: dict[str, Any] = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["Nom de l'enseigne", "B"]),
                "shippingTime": st.sampled_from("02"),
            },
        )
    )
    after = catalogue.changed(before, changes)
    if data.draw(st.booleans()):
        after = catalogue.changed(after, catalogue.discrete([20, 50]))
    event = update("e", "2022-02-03T15:15:22.472Z", before, after)
    reported = decimal_json.loads(wire.encode(event))["message"]
    rebuilt = decimal_json.loads(decimal_json.dumps(before.model_dump()))
    for name in reported.get("removedAttributes", ()):
        del rebuilt[name]
    for name in reported.get("addedAttributes", ()):
        assert name not in rebuilt
        rebuilt[name] = reported["data"][name]
    for name, change in reported.get("updatedAttributes", {}).items():
        assert rebuilt[name] == change["previousValue"] != change["newValue"]
        rebuilt[name] = change["newValue"]
    assert rebuilt == reported["data"] == decimal_json.loads(decimal_json.dumps(after.model_dump()))
    assert all(reported[name] for name in reported if name.endswith("Attributes"))


def test_invented_stores_are_the_seeds() -> None:
    opening = datetime(2030, 1, 1, tzinfo=UTC)
    stores = catalogue.invent(3, opening)
    assert stores == catalogue.invent(3, opening)
    assert stores != catalogue.invent(4, opening)
    assert {each.voucher_with_continuous_value for each in stores} == {True, False}
    assert len({each.id for each in stores}) == len({each.slug for each in stores}) == len(stores)
    for each in stores:
        names = set(each.model_dump())
        assert names | {"voucherPossibleDiscreteValues"} == set(STORE)
        assert each.validity_date == opening + timedelta(days=365)
        assert wire.Store.model_validate(decimal_json.loads(decimal_json.dumps(each.model_dump()))) == each


def test_models_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        coupon().price = Decimal(1)  # type: ignore[misc]
