"""``product-widget.txt``, statement by statement, in our words; names of fields are the document's."""

from typing import Final

from tests.documents.fidelity.statement import GOLDEN, said

_HERE: Final = "simulators/checkout/"

STATEMENTS: Final = (
    said(
        "JWT structure",
        "iss is the merchant id, sub is Merchant",
        f"{_HERE}claims.py",
        f"{GOLDEN} CHK-02",
    ),
    said(
        "JWT structure",
        "iat is an integer, the UNIX time of minting",
        f"{_HERE}claims.py",
        "simulators/checkout/test_claims.py::test_iat_is_within_a_minute CHK-03 CHK-10",
    ),
    said(
        "JWT structure",
        "The payload is iss, sub, iat and data, which has currency, merchantPrice and variant",
        f"{_HERE}wire.py client_under_test/shop/tokens.py",
        f"{GOLDEN} client/shop/test_routes.py::test_claims_are_as_documented_to_the_byte CHK-02",
    ),
    said(
        "JWT structure",
        "iss, iat and data are required",
        f"{_HERE}claims.py",
        "simulators/checkout/test_wire.py::test_the_table_has_every_claim_of_the_documents "
        "simulators/checkout/test_wire.py::test_a_bad_claim_is_named_and_nothing_else CHK-02 CHK-03",
    ),
    said(
        "Data type",
        "merchantReference is required in the table and left out of the example",
        f"{_HERE}claims.py",
        "simulators/checkout/test_wire.py::test_the_table_has_every_claim_of_the_documents "
        "simulators/checkout/test_claims.py::test_a_missing_reference_is_a_fault_where_it_is_required CHK-08",
    ),
    said(
        "Data type",
        "currency is of three characters (ISO 4217)",
        f"{_HERE}claims.py",
        "simulators/checkout/test_wire.py::test_a_bad_claim_is_named_and_nothing_else CHK-04",
    ),
    said(
        "Data type",
        "currency, merchantPrice and variant are required",
        f"{_HERE}claims.py",
        "simulators/checkout/test_wire.py::test_the_table_has_every_claim_of_the_documents CHK-04 CHK-07",
    ),
    said(
        "Merchant price type",
        "valueBeforeTax, valueAfterTax and taxPercentage are Floats and required; taxValue is in the example",
        f"{_HERE}claims.py",
        "simulators/checkout/test_claims.py::test_a_price_that_is_rounded_once_adds_up CHK-05 CHK-06",
    ),
    said(
        "Merchant price type",
        "taxPercentage is what lies between the price before and after tax",
        f"{_HERE}claims.py",
        "simulators/checkout/test_wire.py::test_the_sum_is_right_to_half_a_unit CHK-06",
    ),
    said(
        "Merchant price type",
        "taxValue is the difference",
        f"{_HERE}claims.py",
        "simulators/checkout/test_claims.py::test_a_tax_off_by_a_unit_is_not_the_difference CHK-06",
    ),
    said(
        "Variant type",
        "reference identifies the variant uniquely",
        f"{_HERE}claims.py client_under_test/shop/products.py",
        "client/shop/test_routes.py::test_page_has_a_token_of_the_product CHK-07",
    ),
    said(
        "Encode and sign",
        "Algorithm and key are agreed on ahead of time",
        f"{_HERE}wire.py scenarios/target/sections.py",
        "simulators/checkout/test_wire.py::test_an_agreement_takes_keys_of_its_algorithm_only CHK-01 CHK-09",
    ),
    said(
        "Encode and sign",
        "The payload is encoded and signed as a JWT, by any library",
        "simulators/values/jws.py client_under_test/shop/tokens.py",
        "client/shop/test_routes.py::test_public_keys_verify_tokens_and_decisions CHK-01",
    ),
    said(
        "Public documentation",
        "callbackUrls has serverToServer, successRedirect and failureRedirect",
        f"{_HERE}claims.py {_HERE}wire.py client_under_test/shop/tokens.py",
        f"{GOLDEN} simulators/checkout/test_wire.py::test_callback_urls_may_be_left_out_and_redirects_too",
    ),
    said(
        "Public documentation",
        "The decision is posted to serverToServer",
        f"{_HERE}simulator.py simulators/webhooks/endpoint.py",
        "simulators/checkout/test_world.py::test_a_decision_goes_to_server_to_server_of_its_token CHK-11",
    ),
    said(
        "Public documentation",
        "The customer goes back by successRedirect or failureRedirect",
        f"{_HERE}pages/hosted_page.py client_under_test/shop/routes.py",
        "simulators/checkout/test_hosted_page.py::test_a_decision_leads_back_to_the_shop "
        "end_to_end/browser/test_shop.py::test_player_is_led_back_to_the_shop "
        "client/shop/test_checkout_api.py::test_coming_back_decides_nothing CHK-11",
    ),
    said(
        "Public documentation",
        "createMerchantCheckout answers checkout with a token, or errors with code, field and message",
        f"{_HERE}graphql.py client_under_test/shop/checkout_api.py",
        "simulators/checkout/test_api.py::test_a_good_token_makes_a_checkout "
        "simulators/checkout/test_api.py::test_a_bad_token_is_refused_with_code_field_and_message",
    ),
    said(
        "Public documentation",
        "The decision is a JWT with reference, merchantReference, outcome (success or failure) and outcomeDecidedAt",
        f"{_HERE}wire.py client_under_test/shop/decisions.py",
        f"{GOLDEN} CHK-11",
    ),
    said(
        "Public documentation",
        "onPriceLoaded, onWidgetLoaded and onCheckoutUnavailable are called",
        f"{_HERE}pages/static/widget.js",
        "end_to_end/browser/providers/test_checkout.py::test_a_person_decides "
        "end_to_end/browser/providers/test_checkout.py::test_no_checkout_leaves_the_page_as_it_was",
    ),
    said(
        "Public documentation",
        "authenticateClient takes clientId and answers accessToken with a value, valid for an hour",
        f"{_HERE}graphql.py simulators/server/access/tokens.py client_under_test/shop/checkout_api.py",
        " "
        "simulators/checkout/test_authentication.py::test_a_checkout_is_created_under_a_token_for_an_hour "
        "simulators/checkout/test_authentication.py::test_another_client_id_gets_no_token "
        "client/shop/test_checkout_api.py::test_a_bearer_token_is_asked_for_once_and_replaced_when_it_is_revoked",
    ),
    said(
        "Public documentation",
        "createMerchantCheckout shows it as Authorization: Bearer, where that was agreed on",
        f"{_HERE}simulator.py client_under_test/shop/checkout_api.py scenarios/doctor/providers.py",
        " "
        "simulators/checkout/test_authentication.py::test_without_a_token_that_holds_there_is_no_checkout "
        "simulators/checkout/test_authentication.py::test_where_none_was_agreed_on_no_token_is_asked_for "
        "client/shop/test_checkout_api.py::test_without_the_agreed_client_id_there_is_no_checkout "
        "scenarios/cli/doctor/test_providers.py::test_whether_the_client_authenticates_is_told",
    ),
)
