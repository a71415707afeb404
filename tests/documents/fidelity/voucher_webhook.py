"""``voucher-webhook.txt``, statement by statement, in our words; names of fields are the document's."""

from typing import Final

from tests.documents.fidelity.statement import said

_HERE: Final = "simulators/jackpot/"

STATEMENTS: Final = (
    said(
        "Notification URL",
        "It is set in the back-office",
        f"{_HERE}pages/backoffice.py",
        "end_to_end/browser/test_backoffice.py::test_settings_are_kept_and_a_url_that_does_not_resolve_is_refused",
    ),
    said(
        "Notification URL",
        "HTTP 200 acknowledges, and nothing else",
        f"{_HERE}wire.py",
        "simulators/jackpot/test_wire.py::test_200_alone_acknowledges EVT-01",
    ),
    said(
        "Notification URL",
        "Else it is sent again with exponential backoff for 5 minutes",
        "simulators/webhooks/retry_queue.py",
        "simulators/jackpot/test_delivery.py::test_schedule_grows_inside_the_window "
        "simulators/jackpot/test_delivery.py::test_what_is_never_acknowledged_is_given_up_after_the_window EVT-05",
    ),
    said(
        "store/enabled",
        "It carries storeId and data, every property as /v2/stores gives it",
        f"{_HERE}catalogue/stores.py {_HERE}wire.py",
        "simulators/jackpot/test_wire.py::test_documented_examples_field_for_field "
        "simulators/jackpot/test_api.py::test_stores_are_those_of_the_events CAT-01",
    ),
    said(
        "store/enabled",
        "A test webhook is sent from the back-office for a chosen store",
        f"{_HERE}pages/backoffice.py",
        "end_to_end/browser/test_backoffice.py::test_a_test_webhook_sent_by_clicking_arrives_and_again",
    ),
    said(
        "store/disabled",
        "It carries storeId alone; the store is offered no more",
        f"{_HERE}catalogue/stores.py",
        "simulators/jackpot/test_wire.py::test_documented_examples_field_for_field CAT-02",
    ),
    said(
        "store/update",
        "data is complete; updatedAttributes has previousValue and newValue of what changed",
        f"{_HERE}catalogue/stores.py",
        "simulators/jackpot/test_wire.py::test_an_update_names_exactly_what_differs CAT-03",
    ),
    said(
        "store/update",
        "updatedAttributes, addedAttributes and removedAttributes are there only where not empty",
        f"{_HERE}wire.py",
        "simulators/jackpot/test_wire.py::test_what_has_no_value_is_absent_or_null_as_documented CAT-03",
    ),
    said(
        "store/update",
        "From discrete to continuous values voucherPossibleDiscreteValues is removed, and added the other way",
        f"{_HERE}catalogue/stores.py",
        "end_to_end/browser/test_backoffice.py::test_values_change_to_continuous_and_back_as_documented CAT-06",
    ),
    said(
        "Voucher update notifications",
        "coupon/reserved, canceled, confirmed, ready, refunded and refund_rejected tell of each change of state",
        f"{_HERE}world.py {_HERE}lifecycle.py",
        "simulators/jackpot/test_world.py::test_every_step_tells_its_state_and_what_happened EVT-01",
    ),
    said(
        "Voucher update notifications",
        "In manual mode PUT /v2/vouchers/{voucherId}/confirm answers coupon/reserved",
        f"{_HERE}operations.py client_under_test/vouchers/resolver.py",
        "client/vouchers/test_routes.py::test_reserve_confirm_ready VCH-04 VCH-05",
    ),
    said(
        "Voucher update notifications",
        "coupon/ready comes after coupon/confirmed, with signedUrl",
        f"{_HERE}account.py",
        "simulators/jackpot/test_vouchers.py::test_a_confirmed_voucher_is_ready_a_moment_later_and_opens_as_a_pdf "
        "VCH-01",
    ),
    said(
        "Voucher update notifications",
        "signedUrl is valid for one hour; GET /v2/vouchers/{voucherId}/signedurl gives a new one",
        f"{_HERE}credentials/signed_urls.py",
        "simulators/jackpot/test_vouchers.py::test_signed_urls_end_and_are_renewed VCH-07",
    ),
    said(
        "Voucher update notifications",
        "signedUrl lies at another host, with a percent-encoded base64 signature",
        f"{_HERE}credentials/signed_urls.py scenarios/hosting/host.py",
        "simulators/jackpot/test_vouchers.py::test_signed_urls_end_and_are_renewed VCH-01",
    ),
    said(
        "Voucher update notifications",
        "notificationKey of the JWT is in every notification, and finds a reservation whose answer was missed",
        f"{_HERE}world.py client_under_test/vouchers/inbox.py",
        "simulators/jackpot/test_vouchers.py::test_a_lost_answer_leaves_the_voucher_and_its_webhook VCH-06",
    ),
    said(
        "Voucher update notifications",
        "Amounts are texts, what has not happened is null",
        f"{_HERE}wire.py",
        "simulators/jackpot/test_wire.py::test_documented_examples_field_for_field "
        "simulators/jackpot/test_wire.py::test_documented_examples_in_their_order_of_fields EVT-10",
    ),
    said(
        "Voucher update notifications",
        "A reservation runs out at resaExpireDate",
        f"{_HERE}world.py",
        "simulators/jackpot/test_vouchers.py::test_a_reservation_expires VCH-02",
    ),
)
