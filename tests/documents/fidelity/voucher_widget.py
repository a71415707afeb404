"""``voucher-widget.txt``, statement by statement, in our words; names of fields are the document's."""

from typing import Final

from tests.documents.fidelity.statement import GOLDEN, said

_HERE: Final = "simulators/jackpot/"

STATEMENTS: Final = (
    said(
        "Build your token",
        "The backend mints a JWT with amount, userId (optional), iat in seconds and notificationKey",
        f"{_HERE}credentials/session_jwt.py client_under_test/vouchers/session_tokens.py",
        "simulators/jackpot/test_session_jwt.py::test_jwt_has_the_documented_claims VTK-02 VTK-03 VTK-04 VTK-05",
    ),
    said(
        "Build your token",
        "It is signed with apiSignature, under HS256",
        f"{_HERE}credentials/session_jwt.py",
        "simulators/jackpot/test_session_jwt.py::test_another_algorithm_is_refused VTK-01",
    ),
    said(
        "Build your token",
        "It authenticates a reservation, and works once",
        f"{_HERE}credentials/grants.py",
        "simulators/jackpot/test_credentials.py::test_a_jwt_opens_one_session VTK-06",
    ),
    said(
        "Build your token",
        "apiSignature stays on the backend",
        "client_under_test/vouchers/session_tokens.py",
        "VTK-07",
    ),
    said(
        "Build your token",
        "apiSignature is in the back-office",
        f"{_HERE}pages/backoffice/settings.py",
        "end_to_end/browser/providers/test_backoffice.py::test_the_signature_is_shown_to_who_asks_and_hidden_again",
    ),
    said(
        "Build your token",
        "amount is what is to be turned into a voucher, and the session's limit",
        f"{_HERE}credentials/session_jwt.py client_under_test/vouchers/session_tokens.py",
        f"{GOLDEN} simulators/jackpot/test_session_jwt.py::test_amounts_of_a_jwt_are_exact VTK-02 VTK-08",
    ),
    said(
        "Build your token",
        "userId names the player, and may be left out",
        f"{_HERE}credentials/session_jwt.py",
        f"{GOLDEN} simulators/jackpot/test_session_jwt.py::test_jwt_of_any_library_is_read VTK-05",
    ),
    said(
        "Build your token",
        "iat is in seconds",
        f"{_HERE}credentials/session_jwt.py",
        "simulators/jackpot/test_session_jwt.py::test_iat_holds_for_an_hour_and_a_minute_ahead VTK-03",
    ),
    said(
        "Build your token",
        "notificationKey is the CLIENT's, and names the purchase",
        f"{_HERE}world.py client_under_test/vouchers/conversions.py",
        "VTK-04 VCH-06",
    ),
    said(
        "Build your token",
        "Any JWT library makes the token",
        f"{_HERE}credentials/session_jwt.py simulators/values/jws.py",
        "simulators/jackpot/test_session_jwt.py::test_jwt_of_any_library_is_read",
    ),
    said(
        "Build your token",
        "The API can be used without the widget",
        f"{_HERE}api.py {_HERE}openapi.py",
        "simulators/jackpot/test_api.py::test_reservation_by_price_and_by_value "
        "simulators/jackpot/test_openapi.py::test_every_answer_is_as_documented",
    ),
    said(
        "Display offers",
        "JckptWidget.init(container, token, null, cb, options) draws into a <div>",
        f"{_HERE}pages/static/widget.js",
        "end_to_end/browser/providers/test_jackpot_widget.py::test_a_voucher_is_chosen_and_reserved_by_clicking",
    ),
    said(
        "Display offers",
        "The callback is called when a voucher is reserved",
        f"{_HERE}pages/static/widget.js",
        "end_to_end/browser/test_purchase.py::test_a_player_turns_balance_into_a_voucher",
    ),
    said(
        "Display offers",
        "Asynchronous loading calls window.jckptAsyncInit",
        f"{_HERE}pages/static/widget.js",
        "end_to_end/browser/providers/test_jackpot_widget.py::test_a_voucher_is_chosen_and_reserved_by_clicking",
    ),
    said(
        "Display offers",
        "useBrowserHistory is an option",
        f"{_HERE}pages/static/widget.js",
        "end_to_end/browser/providers/test_jackpot_widget.py::test_the_browser_goes_back_from_a_store_to_the_list "
        "end_to_end/browser/providers/test_jackpot_widget.py::test_without_the_option_the_history_stays_as_it_is",
    ),
    said(
        "Display offers",
        "A page restyles #jackpot .detail .informations",
        f"{_HERE}pages/static/widget.css",
        "end_to_end/browser/providers/test_jackpot_widget.py::test_a_page_changes_the_styles_by_the_documented_names",
    ),
    said(
        "Display offers",
        "The callback gets id, state, value, price, reservationDate, validityDate, resaExpireDate, couponId, "
        "confirmDate, sendDate and url",
        f"{_HERE}wire.py",
        GOLDEN,
    ),
    said(
        "Display offers",
        "It is CONFIRMED, with a confirmDate, and sendDate and url are null",
        f"{_HERE}account.py {_HERE}world.py",
        "simulators/jackpot/test_vouchers.py::test_automatic_confirmation_and_its_exception VCH-01 EVT-04",
    ),
    said(
        "Display offers",
        "A script loads the widget into the page",
        f"{_HERE}pages/widget.py {_HERE}pages/static/widget.js",
        "client/vouchers/test_session_tokens.py::test_page_shows_the_widget_and_escapes_the_player "
        "end_to_end/browser/providers/test_jackpot_widget.py::test_a_voucher_is_chosen_and_reserved_by_clicking",
    ),
    said(
        "Display offers",
        "A session that cannot be opened says so in the page",
        f"{_HERE}pages/static/widget.js",
        "end_to_end/browser/providers/test_jackpot_widget.py::test_a_used_token "
        "end_to_end/browser/providers/test_jackpot_widget.py::test_no_token_at_all",
    ),
    said(
        "Display offers",
        "value and price are numbers, which may differ",
        f"{_HERE}wire.py client_under_test/vouchers/jackpot_api.py",
        f"{GOLDEN} simulators/jackpot/test_world.py::test_price_and_value_are_each_others_inverse "
        "simulators/jackpot/test_api.py::test_the_documented_voucher_is_worth_110_and_costs_150 EVT-10",
    ),
    said(
        "Display offers",
        "couponId is for people",
        f"{_HERE}world.py",
        "simulators/jackpot/test_world.py::test_coupon_ids_are_human_friendly",
    ),
    said(
        "Display offers",
        "resaExpireDate is when a reservation ends, validityDate when the voucher does",
        f"{_HERE}world.py client_under_test/vouchers/jackpot_api.py",
        f"{GOLDEN} simulators/jackpot/test_vouchers.py::test_a_reservation_expires VCH-02",
    ),
)
