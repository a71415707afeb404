"""The tokens of checkouts: random UUIDs, none of them twice, also from several threads."""

import threading
import uuid
from itertools import islice

from simulators.checkout import wire
from simulators.checkout.simulator import random_tokens
from tests.simulators.checkout.running import SECRET, claims, quiet_checkout


def test_tokens_are_random_uuids_and_never_the_same():
    # More than are made at once.
    tokens = list(islice(random_tokens(), 3000))
    assert len(set(tokens)) == len(tokens)
    for token in tokens:
        read = uuid.UUID(token)
        assert (str(read), read.version, read.variant) == (token, 4, uuid.RFC_4122)
    # Every digit that is free takes every value: 3000 draws miss one of 16 with a chance below 10^-80.
    for place in set(range(36)) - {8, 13, 14, 18, 19, 23}:
        assert {token[place] for token in tokens} == set("0123456789abcdef")
    assert {token[19] for token in tokens} == set("89ab")


def test_each_simulator_has_tokens_of_its_own():
    assert set(islice(random_tokens(), 300)).isdisjoint(islice(random_tokens(), 300))


def test_checkouts_made_at_once_have_tokens_of_their_own():
    with quiet_checkout() as (simulator, clock):
        payloads = [wire.mint(claims(clock.now, merchant_reference=f"order-{n}"), SECRET) for n in range(400)]
        start = threading.Barrier(8)
        made = []

        def create(part):
            start.wait()
            made.extend(simulator.create(payload).token for payload in part)

        threads = [threading.Thread(target=create, args=(payloads[n::8],)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(made)) == len(payloads) == len(simulator.checkouts)
        # Shown again, each gives its own checkout.
        again = {payload: simulator.create(payload).claims.merchant_reference for payload in payloads}
        assert sorted(again.values()) == sorted(f"order-{n}" for n in range(400))
