"""The judge against a right CLIENT of Jackpot and the checkout that shares no code and no design with the reference."""

import pytest

from scenarios.contract import select
from scenarios.hosting.ports import free_port
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from scenarios.target.loading import Target
from tests.end_to_end.clients.running import SECRET, running

RULES = tuple(rule.id for provider in ("jackpot", "checkout") for rule in select(provider=provider))
AGREED = {
    "API_KEY": "shop-api-key",
    "API_SIGNATURE": "shop-api-signature-of-a-good-length",
    "CLIENT_SECRET": "shop-client-secret",
    "MERCHANT": "shop-merchant",
    "CHECKOUT_KEY": "shop-checkout-key-of-a-good-length",
}


WEBHOOKS = tuple(rule for rule in RULES if rule.startswith("EVT"))


@pytest.mark.parametrize(("at_once", "rules"), [("0", RULES), ("1", WEBHOOKS)], ids=["later", "at once"])
def test_a_right_shop_is_never_accused(at_once: str, rules: tuple[str, ...]) -> None:
    """It holds no money for a session; webhooks are acknowledged before or after it has settled what they tell of.

    At once, the rest of what it takes for a reservation comes back when the voucher is READY.
    """
    jackpot, checkout = (f"127.0.0.1:{free_port()}" for _ in range(2))
    environment = {
        **AGREED,
        "JACKPOT": f"http://{jackpot}",
        "CHECKOUT": f"http://{checkout}",
        "AT_ONCE": at_once,
    }
    with running("right_shop.py", {"p-1": "100", "p-2": "50"}, environment=environment) as client:
        at = client.url
        target = Target.model_validate(
            {
                "operator": {"callback_url": at, "security_hash": SECRET},
                "players": {"ids": ["p-1", "p-2"], "currency": "EUR"},
                "jackpot": {
                    "notification_url": f"{at}/jackpot",
                    "api_key": AGREED["API_KEY"],
                    "api_signature": AGREED["API_SIGNATURE"],
                    "client_secret": AGREED["CLIENT_SECRET"],
                    "listen": jackpot,
                },
                "checkout": {
                    "merchant_id": AGREED["MERCHANT"],
                    "key": AGREED["CHECKOUT_KEY"],
                    "variants": ["mug", "scarf"],
                    "decision_url": f"{at}/decisions",
                    "listen": checkout,
                },
                "driver": {
                    "balance": {"get": f"{at}/players/{{player}}/balance", "read": "balance"},
                    "voucher_session": {
                        "post": f"{at}/sessions",
                        "json": {"player": "{player}", "amount": "{amount}"},
                        "read": "token",
                    },
                    "voucher": {"get": f"{at}/sessions/{{notification_key}}", "read": "state"},
                    "store": {"get": f"{at}/stores/{{store}}"},
                    # It has all in memory: what survives is that it is killed only once it has acknowledged.
                    "restart": {"run": "true"},
                    "checkout_token": {"get": f"{at}/tokens?variant={{variant}}", "read": "token"},
                    "checkout_start": {"post": f"{at}/orders/{{merchant_reference}}/start"},
                    "order": {"get": f"{at}/orders/{{merchant_reference}}", "read": "granted"},
                },
            }
        )
        result = check(Settings(target, rules, QUICK, 7))
    accused = {
        verdict.rule.id: verdict.reason
        for verdict in result.verdicts
        if verdict.standing in (Standing.FAILED, Standing.WARNED, Standing.UNDECIDED)
    }
    assert accused == {}
    assert result.run.warnings == []
