"""``product-widget.txt``, statement by statement, in our words; names of fields are the document's."""

from typing import Final

from tests.documents.fidelity.statement import GOLDEN, said

_HERE: Final = "simulators/checkout/"

STATEMENTS: Final = (
    said(
        "JWT structure",
        "iss is the merchant id, sub is Merchant",
        f"{_HERE}claims.py",
        "simulators/checkout/test_wire.py::test_the_documented_example_field_for_field CHK-02",
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
        "client/shop/test_routes.py::test_token_holds_for_the_provider "
        "client/shop/test_routes.py::test_public_keys_verify_tokens_and_decisions CHK-01",
    ),
)
