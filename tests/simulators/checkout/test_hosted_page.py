"""The checkout's hosted page over HTTP: what it shows, decisions by its forms, and the way back to the shop."""

import re

import pytest
import requests

from simulators.checkout.lifecycle import CheckoutState
from simulators.checkout.wire import CallbackUrls
from tests.simulators.checkout.running import MERCHANT, SECRET, served_checkout


@pytest.fixture(scope="module")
def served():
    with served_checkout() as made:
        yield made


def page(served, token):
    return requests.get(f"{served.url}/checkout/{token}", timeout=20)


def form_token(text):
    return re.search(r'name="form_token" value="(\w+)"', text)[1]


def decide(served, token, **form):
    return requests.post(f"{served.url}/checkout/{token}", data=form, timeout=20, allow_redirects=False)


def test_the_page_shows_what_is_bought(served):
    shown = page(served, served.checkout(variant="<b>&\"' \u202e", merchant_reference="<i>"))
    assert shown.status_code == 200
    for text in (MERCHANT, "&lt;b&gt;&amp;", "&lt;i&gt;", "100.00 GBP", "20.00 GBP", "120.00 GBP"):
        assert text in shown.text
    assert "script" not in shown.text
    assert SECRET not in shown.text
    assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("choice", "state"), [("approve", CheckoutState.APPROVED), ("decline", CheckoutState.DECLINED)]
)
def test_a_decision_is_taken_once(served, choice, state):
    token = served.checkout(variant=choice)
    guard = form_token(page(served, token).text)
    assert decide(served, token, form_token=guard, decision=choice).status_code == 303
    again = decide(served, token, form_token=guard, decision="approve")
    assert again.status_code == 409
    assert "decided before" in again.text
    assert f">{state}</span>" in again.text
    assert served.simulator.checkout(token).state is state
    about = [each for each in served.simulator.queue.deliveries if each.event.decision.reference == token]
    assert [each.event.decision.approved for each in about] == [choice == "approve"]


@pytest.mark.parametrize(
    ("choice", "back"),
    [("approve", "https://shop.example/thanks?order=1"), ("decline", "http://127.0.0.1:9/sorry")],
)
def test_a_decision_leads_back_to_the_shop(served, choice, back):
    urls = CallbackUrls(
        f"{served.inbox.url}?told", "https://shop.example/thanks?order=1", "http://127.0.0.1:9/sorry"
    )
    token = served.checkout(variant=f"back by {choice}", callback_urls=urls)
    shown = page(served, token)
    assert (
        '<a href="http://127.0.0.1:9/sorry" rel="noreferrer">Go back to the shop</a> and decide later'
        in shown.text
    )
    # A browser follows no form to where the page does not say ahead.
    assert (
        "form-action 'self' https://shop.example http://127.0.0.1:9;"
        in shown.headers["Content-Security-Policy"]
    )
    answer = decide(served, token, form_token=form_token(shown.text), decision=choice)
    assert (answer.status_code, answer.headers["Location"]) == (303, back)
    assert f'<a href="{back}" rel="noreferrer">Go back to the shop</a>' in page(served, token).text


def test_a_redirect_that_was_not_named_leads_nowhere(served):
    token = served.checkout(variant="no way back", callback_urls=CallbackUrls(f"{served.inbox.url}?told"))
    shown = page(served, token)
    assert "form-action 'self';" in shown.headers["Content-Security-Policy"]
    answer = decide(served, token, form_token=form_token(shown.text), decision="decline")
    assert answer.headers["Location"].endswith(f"/checkout/{token}")
    assert "Go back to the shop" not in page(served, token).text


@pytest.mark.parametrize("forged", [None, "", "0" * 64, "é"])
def test_a_form_from_elsewhere_decides_nothing(served, forged):
    token = served.checkout(variant=f"forged {forged}")
    form = {"decision": "approve"} | ({} if forged is None else {"form_token": forged})
    assert decide(served, token, **form).status_code == 403
    other = form_token(page(served, served.checkout(variant="mine")).text)
    assert decide(served, token, form_token=other, decision="approve").status_code == 403
    assert served.simulator.checkout(token).state is CheckoutState.CREATED


def test_an_unknown_decision_and_an_unknown_checkout(served):
    token = served.checkout(variant="unknown decision")
    refused = decide(served, token, form_token=form_token(page(served, token).text), decision="refund")
    assert refused.status_code == 422
    assert served.simulator.checkout(token).state is CheckoutState.CREATED
    for answer in (page(served, "nothing"), decide(served, "nothing", decision="approve")):
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")


def test_an_expired_checkout_cannot_be_decided(served):
    token = served.checkout(variant="expired")
    guard = form_token(page(served, token).text)
    served.simulator.expire(token)
    assert "time is over" in page(served, token).text
    assert decide(served, token, form_token=guard, decision="approve").status_code == 409
    assert served.simulator.checkout(token).state is CheckoutState.EXPIRED


def test_a_served_simulator_decides_over_http_in_the_background(served):
    served.simulator.start()
    token = served.checkout(variant="in the background")
    decide(served, token, form_token=form_token(page(served, token).text), decision="approve")
    assert served.simulator.wait_idle(20)
    assert served.decision()["data"]["reference"] == token
