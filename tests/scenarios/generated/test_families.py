"""Families of cases: each member is what it says, and what a run leaves out the next runs try."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest

from client_under_test.values.refusals import Refused
from client_under_test.wallet.messages import Endpoint, Parser
from scenarios.browsers.tampering import Where
from scenarios.generated.families import (
    amounts,
    bodies,
    browser,
    coupons,
    decisions,
    forgeries,
    ids,
    sessions,
    stores,
)
from scenarios.run.planning.effort import NORMAL, QUICK
from simulators.checkout.wire import Agreement, Decision
from simulators.jackpot import wire
from simulators.jackpot.catalogue.stores import CONTINUOUS, invent

PLAIN = b'{"transaction_id":"t-1","action":"bet","user_id":"p-1","currency":"EUR","amount":10.50}'
FAMILIES = {
    "malformed amounts": amounts.malformed(),
    "poisonous amounts": amounts.poisonous(),
    "spellings": amounts.spellings(Decimal("10.50")),
    "pairs of ids": ids.pairs(),
    "other spellings of a player": ids.other_spellings("p-1"),
    "hostile ids": ids.hostile(),
    "no objects": bodies.no_objects(),
    "ambiguous bodies": bodies.ambiguous(),
    "wrong hashes": forgeries.wrong_hashes(),
    "forged decisions": decisions.forged(Agreement("merchant-7", "the secret of the tests")),
    "other references": decisions.other_references("4f6a-bc", "77aa-cd"),
    "no approvals": decisions.no_approvals(),
    "decisions for others": decisions.for_others(),
    "decisions repeated": decisions.repeated(),
    "prices": amounts.prices(),
    "odd stores": stores.odd(),
    "ends of sessions": sessions.moments(),
    "lies about vouchers": coupons.lies(),
    **{f"prices in {where}": browser.prices(where) for where in Where},
    **{f"products in {where}": browser.products(where, "mug") for where in Where},
    **{f"claims in {where}": browser.claims(where, "checkout-1") for where in Where},
}


def read(body: bytes) -> int:
    """What the reference CLIENT's strict reader takes ``body`` for, in cents."""
    return Parser().read(Endpoint.TRANSACTION, "application/json", body).amount


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_names_tell_members_apart_and_few_runs_see_them_all(family):
    names = [member.name for member in family.members]
    assert len(set(names)) == len(names)
    core = [member for member in family.members if member.core]
    assert family.chosen(NORMAL, 7) == list(family.members)
    runs = [family.chosen(QUICK, seed) for seed in range(QUICK.family_share)]
    assert all(member in run for run in runs for member in core)
    assert {member.name for run in runs for member in run} == set(names)
    assert sum(map(len, runs)) == len(names) + (len(runs) - 1) * len(core)


def test_binary_fractions_fall_short_of_prices():
    assert all(int(float(member.name) * 100) == member.value - 1 for member in amounts.prices().members)


def test_stores_with_odd_or_changed_properties_are_stores():
    properties = invent(7, datetime(2030, 1, 1, tzinfo=UTC))[-1].model_dump()
    for member in stores.odd().members:
        odd = wire.Store.model_validate({**properties, **member.value}).model_dump()
        assert {name for name in odd if odd[name] != properties[name]} >= set(member.value)
    changed = stores.changed(properties)
    kept = {name for name in properties if changed[name] == properties[name]}
    assert kept == {"id", "voucherWithContinuousValue"} <= {"id", *CONTINUOUS}
    wire.Store.model_validate(changed)


@pytest.mark.parametrize("family", [amounts.malformed(), amounts.poisonous()], ids=["malformed", "poisonous"])
def test_malformed_amounts_are_none_to_a_strict_reader(family):
    for member in family.members:
        with pytest.raises(Refused):
            read(PLAIN.replace(b"10.50", member.value.encode("utf-8", "surrogatepass")))


def test_spellings_are_json_and_mean_what_they_say():
    for member in amounts.spellings(Decimal("10.50")).members:
        text, meant = member.value
        assert Decimal(json.loads(text, parse_float=Decimal, parse_int=Decimal)) == meant, text


@pytest.mark.parametrize("seed", range(20))
def test_ids_of_a_pair_differ_and_are_new_each_time(seed):
    for member in ids.pairs().members:
        rng = Random(seed)
        one, other = member.value(rng)
        assert one != other, member.name
        assert not {one, other} & set(member.value(rng)), member.name


def test_other_spellings_are_not_the_player():
    for player in ("p-1", "1", "ANNA", "x" * 36):
        names = [member.value for member in ids.other_spellings(player).members]
        assert player not in names
        assert len(set(names)) == len(names)


def test_bodies_that_are_no_objects_are_refused_by_a_strict_reader():
    for member in bodies.no_objects().members:
        with pytest.raises(Refused):
            read(member.value(PLAIN))


def test_ambiguous_bodies_are_read_as_the_callback_or_refused():
    for member in bodies.ambiguous().members:
        try:
            assert read(member.value(PLAIN)) == 1050
        except Refused:
            continue


def test_no_forged_hash_is_the_right_one():
    right = hmac.new(b"the secret", PLAIN, hashlib.sha256).hexdigest()
    overheard = hmac.new(b"the secret", b"{}", hashlib.sha256).hexdigest()
    for member in forgeries.wrong_hashes().members:
        forger = forgeries.Forger(PLAIN, "the secret", right, overheard, Random(7))
        assert member.value(forger) != right, member.name


def test_changed_decisions_are_no_approvals_for_this_merchant():
    approval = Decision("merchant-7", "chk-1", "order-1", True, 1_700_000_000, 1_700_000_000).fields()
    for member in decisions.no_approvals().members:
        changed = member.value(approval)
        assert changed["data"].get("outcome") != approval["data"]["outcome"], member.name
        assert changed["iss"] == approval["iss"]
    for member in decisions.for_others().members:
        changed = member.value(approval)
        assert (changed.get("iss"), changed.get("sub")) != (approval["iss"], approval["sub"]), member.name
    for reference, token in (member.value for member in decisions.other_references("order-1", "t-1").members):
        assert reference != "order-1"
        assert token != "t-1"
