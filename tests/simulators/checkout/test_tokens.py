"""The tokens of checkouts: none of them twice, also from several threads."""

import threading

from simulators.checkout import wire
from tests.simulators.checkout.running import SECRET, claims, quiet_checkout


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
