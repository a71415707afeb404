"""The application beside the providers that a test asks for: each knows where the other is."""

import socket
import threading
import time

import pytest
import uvicorn
from shop_app import Settings, Shop, create_app


@pytest.fixture
def served(request):
    """Serve an application on a free port until the test ends; return its address."""

    def serve(app):
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()

        def stop():
            server.should_exit = True
            thread.join()
            listening.close()

        request.addfinalizer(stop)
        while not server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    return serve


@pytest.fixture
def shop(served, operator_simulator, jackpot_simulator, checkout_simulator):
    """The application's state; alice owns 100.00 EUR."""
    settings = Settings(
        operator_url=operator_simulator.url,
        username=operator_simulator.username,
        password=operator_simulator.password,
        security_hash=operator_simulator.security_hash,
        merchant_id=checkout_simulator.merchant_id,
        checkout_key=checkout_simulator.key,
    )
    shop = Shop(settings, balances={"alice": 100_00})
    url = served(create_app(shop))
    operator_simulator.callback_url = f"{url}/operator"
    jackpot_simulator.notification_url = f"{url}/jackpot/notifications"
    checkout_simulator.decision_url = f"{url}/checkout/decisions"
    return shop
