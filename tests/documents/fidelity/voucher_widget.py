"""``voucher-widget.txt``, statement by statement, in our words; names of fields are the document's."""

from typing import Final

from tests.documents.fidelity.statement import said

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
        "client/vouchers/test_session_tokens.py::test_no_answer_carries_a_secret VTK-07",
    ),
    said(
        "Display offers",
        "JckptWidget.init(container, token, null, cb, options) draws into a <div>",
        f"{_HERE}pages/static/widget.js",
        "end_to_end/browser/test_jackpot_widget.py::test_a_voucher_is_chosen_and_reserved_by_clicking",
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
        "end_to_end/browser/test_jackpot_widget.py::test_a_voucher_is_chosen_and_reserved_by_clicking",
    ),
    said(
        "Display offers",
        "useBrowserHistory is an option",
        f"{_HERE}pages/static/widget.js",
        "end_to_end/browser/test_jackpot_widget.py::test_the_browser_goes_back_from_a_store_to_the_list "
        "end_to_end/browser/test_jackpot_widget.py::test_without_the_option_the_history_stays_as_it_is",
    ),
    said(
        "Display offers",
        "A page restyles #jackpot .detail .informations",
        f"{_HERE}pages/static/widget.css",
        "end_to_end/browser/test_jackpot_widget.py::test_a_page_changes_the_styles_by_the_documented_names",
    ),
    said(
        "Display offers",
        "The callback gets id, state, value, price, reservationDate, validityDate, resaExpireDate, couponId, "
        "confirmDate, sendDate and url",
        f"{_HERE}wire.py",
        "simulators/jackpot/test_wire.py::test_voucher_object_of_the_widget_field_for_field",
    ),
    said(
        "Display offers",
        "It is CONFIRMED, with a confirmDate, and sendDate and url are null",
        f"{_HERE}account.py {_HERE}world.py",
        "simulators/jackpot/test_vouchers.py::test_automatic_confirmation_and_its_exception VCH-01 EVT-04",
    ),
)
