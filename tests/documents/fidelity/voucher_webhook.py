"""``voucher-webhook.txt``, statement by statement, in our words; names of fields are the document's."""

from typing import Final

from tests.documents.fidelity.statement import GOLDEN, said

_HERE: Final = "simulators/jackpot/"

STATEMENTS: Final = (
    said(
        "Notification URL",
        "It is set in the back-office",
        f"{_HERE}pages/backoffice/settings.py",
        "end_to_end/browser/providers/test_backoffice.py::"
        "test_settings_are_kept_and_a_url_that_does_not_resolve_is_refused "
        "end_to_end/browser/providers/test_backoffice.py::test_the_documented_names_are_on_the_pages_in_french",
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
        "Notification URL",
        "It tells of vouchers that change and of offers that change",
        f"{_HERE}account.py {_HERE}catalogue/stores.py",
        "simulators/jackpot/test_vouchers.py::test_store_changes_are_told EVT-01 CAT-01",
    ),
    said(
        "Notification URL",
        "Confirming by program needs it",
        f"client_under_test/vouchers/inbox.py {_HERE}operations.py",
        "VCH-04",
    ),
    said(
        "Notification URL",
        "Without one nothing is sent",
        "simulators/webhooks/endpoint.py",
        "simulators/jackpot/test_delivery.py::test_without_a_url_events_are_listed_and_can_be_sent_later",
    ),
    said(
        "Notification URL",
        "Every event is event, id, createdAt and message",
        f"{_HERE}wire.py client_under_test/vouchers/notifications.py",
        f"{GOLDEN} EVT-01 EVT-02",
    ),
    said(
        "store/enabled",
        "It carries storeId and data, every property as /v2/stores gives it",
        f"{_HERE}catalogue/stores.py {_HERE}wire.py",
        f"{GOLDEN} simulators/jackpot/test_api.py::test_stores_are_those_of_the_events CAT-01",
    ),
    said(
        "store/enabled",
        "A test webhook is sent from the back-office for a chosen store",
        f"{_HERE}pages/backoffice/stores.py",
        "end_to_end/browser/providers/test_backoffice.py::test_a_test_webhook_sent_by_clicking_arrives_and_again",
    ),
    said(
        "store/enabled",
        "It comes when a store is new, or back",
        f"{_HERE}catalogue/stores.py",
        "end_to_end/browser/providers/test_backoffice_stores.py::test_a_store_is_disabled_and_enabled CAT-01 CAT-07 "
        "end_to_end/browser/providers/test_backoffice_stores.py::test_a_store_is_added_and_removed_for_good",
    ),
    said(
        "store/enabled",
        "A store has id, name, slug, baseColor, three logos, mentions, images, shipping, categories, "
        "description and validityDate",
        f"{_HERE}wire.py",
        f"{GOLDEN} CAT-01",
    ),
    said(
        "store/enabled",
        "It sells discrete values, or all from voucherValueMin to voucherValueMax",
        f"{_HERE}wire.py {_HERE}catalogue/pricing.py",
        "simulators/jackpot/test_wire.py::test_a_store_that_makes_no_sense_is_refused "
        "simulators/jackpot/test_world.py::test_discrete_stores_sell_their_values_only "
        "simulators/jackpot/test_world.py::test_within_a_range_every_cent_is_a_price",
    ),
    said(
        "store/enabled",
        "discounts have voucherValueMin, voucherValueMax and discountRate",
        f"{_HERE}wire.py {_HERE}catalogue/pricing.py",
        f"{GOLDEN} simulators/jackpot/test_world.py::test_the_documented_price",
    ),
    said(
        "store/enabled",
        "/v2/stores is documented in full beside the API",
        f"{_HERE}openapi.py simulators/server/api_docs.py",
        "simulators/jackpot/test_openapi.py::test_the_document_is_served_and_whole",
    ),
    said(
        "store/disabled",
        "It carries storeId alone; the store is offered no more",
        f"{_HERE}catalogue/stores.py",
        f"{GOLDEN} CAT-02",
    ),
    said(
        "store/disabled",
        "It comes when a store leaves, for good or for a time",
        f"{_HERE}catalogue/stores.py client_under_test/vouchers/catalogue.py",
        "simulators/jackpot/test_api.py::test_a_withdrawn_store_sells_nothing "
        "CAT-02 "
        "CAT-07 "
        "end_to_end/browser/providers/test_backoffice_stores.py::test_a_store_is_added_and_removed_for_good",
    ),
    said(
        "store/disabled",
        "A test webhook is sent from the back-office",
        f"{_HERE}pages/backoffice/stores.py",
        "end_to_end/browser/providers/test_backoffice.py::test_a_test_webhook_sent_by_clicking_arrives_and_again",
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
        "end_to_end/browser/providers/test_backoffice_stores.py::"
        "test_values_change_to_continuous_and_back_as_documented CAT-06",
    ),
    said(
        "store/update",
        "It comes when any property changed: conditions, values, discounts, pictures",
        f"{_HERE}catalogue/stores.py",
        "simulators/jackpot/test_wire.py::test_an_update_names_exactly_what_differs "
        "simulators/jackpot/test_vouchers.py::test_store_changes_are_told CAT-03 "
        "end_to_end/browser/providers/test_backoffice_stores.py::test_every_property_of_a_store_can_be_changed_and_is_told_with_its_difference",
    ),
    said(
        "store/update",
        "A new value of a list is a change of that list",
        f"{_HERE}catalogue/stores.py",
        f"{GOLDEN} CAT-03",
    ),
    said(
        "store/update",
        "addedAttributes and removedAttributes are names",
        f"{_HERE}wire.py",
        f"{GOLDEN} CAT-06",
    ),
    said(
        "store/update",
        "A property that is gone is in no data",
        f"{_HERE}wire.py client_under_test/vouchers/catalogue.py",
        f"{GOLDEN} CAT-03",
    ),
    said(
        "store/update",
        "A test webhook is sent from the back-office",
        f"{_HERE}pages/backoffice/stores.py",
        "end_to_end/browser/providers/test_backoffice.py::test_a_test_webhook_sent_by_clicking_arrives_and_again",
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
        "VCH-04 VCH-05",
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
        f"{GOLDEN} EVT-10",
    ),
    said(
        "Voucher update notifications",
        "A reservation runs out at resaExpireDate",
        f"{_HERE}world.py",
        "simulators/jackpot/test_vouchers.py::test_a_reservation_expires VCH-02",
    ),
    said(
        "Voucher update notifications",
        "Every change is told once, and the event carries the new state",
        f"{_HERE}wire.py client_under_test/vouchers/notifications.py",
        "simulators/jackpot/test_wire.py::test_every_event_has_one_name_and_reads_back EVT-01",
    ),
    said(
        "Voucher update notifications",
        "The voucher is given to the player from coupon/ready on",
        "client_under_test/vouchers/resolver.py",
        "VCH-01",
    ),
    said(
        "Voucher update notifications",
        "reserve-voucher-by-price and reserve-voucher-by-value reserve",
        f"{_HERE}operations.py",
        "simulators/jackpot/test_api.py::test_reservation_by_price_and_by_value",
    ),
    said(
        "Voucher update notifications",
        "A coupon event has id, state, value, initialAmount, price, couponId, storeName and email",
        f"{_HERE}wire.py",
        f"{GOLDEN} EVT-01",
    ),
    said(
        "Voucher update notifications",
        "Its dates are reservationDate, validityDate (a day), resaExpireDate, confirmDate, sendDate and "
        "canceledDate",
        f"{_HERE}wire.py",
        GOLDEN,
    ),
    said(
        "Voucher update notifications",
        "A refund gives the price back, a rejected one nothing",
        f"{_HERE}lifecycle.py client_under_test/vouchers/conversions.py",
        "VCH-03",
    ),
)
