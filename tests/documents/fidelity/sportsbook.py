"""``sportsbook.txt``, statement by statement, in our words; names of fields are the document's."""

from typing import Final

from tests.documents.fidelity.statement import GOLDEN, said

_HERE: Final = "simulators/operator/"

STATEMENTS: Final = (
    said(
        "Terms and concepts",
        "The CLIENT names a server IP address",
        f"client_under_test/wallet/allow_list.py scenarios/doctor/operator.py {_HERE}api.py",
        "simulators/operator/test_api.py::test_only_the_clients_server_may_call "
        "scenarios/cli/doctor/test_doctor.py::test_a_client_that_calls_from_elsewhere_than_agreed_is_told "
        "client/wallet/test_allow_list.py::test_who_is_allowed "
        "client/wallet/test_allow_list.py::test_the_connections_address_alone_decides "
        "client/wallet/test_allow_list.py::test_a_client_that_is_fooled_is_told_from_a_right_one "
        "scenarios/cli/doctor/test_doctor.py::test_a_right_target_is_found_right_and_left_as_found",
    ),
    said(
        "Terms and concepts",
        "The CLIENT names a callback URL, below which it is called",
        f"scenarios/target/sections.py {_HERE}delivery.py scenarios/console/agreement.py",
        "simulators/operator/test_delivery.py::test_rollback_has_its_own_path "
        "scenarios/console/test_agreement.py::test_what_is_filled_in_holds_at_once_and_its_lines_keep_it SIG-08",
    ),
    said(
        "Terms and concepts",
        "The CLIENT names a website URL, which shows the iframe",
        f"scenarios/target/sections.py {_HERE}pages/player_page.py",
        "simulators/operator/test_player_page.py::test_any_website_may_frame_it_and_it_keeps_no_cookie",
    ),
    said(
        "Terms and concepts",
        "Currencies are agreed on",
        f"{_HERE}simulator.py client_under_test/config.py scenarios/doctor/operator.py",
        "simulators/operator/test_api.py::test_unacceptable_sessions OUT-03 BET-07 BET-13 "
        "scenarios/cli/doctor/test_doctor.py::test_it_tells_which_currencies_are_judged",
    ),
    said(
        "Terms and concepts",
        "Languages are agreed on",
        f"{_HERE}simulator.py client_under_test/sportsbook/operator_api.py",
        "simulators/operator/test_api.py::test_unacceptable_sessions "
        "client/sportsbook/test_operator_api.py::test_language_that_was_not_agreed_is_left_out OUT-03",
    ),
    said(
        "Terms and concepts",
        "The OPERATOR hands back API_URL, API_VERSION, CLIENT_USERNAME, CLIENT_PASSWORD and SECURITY_HASH",
        "scenarios/console/agreement.py scenarios/console/start_page.py",
        "scenarios/console/test_agreement.py::test_what_is_handed_back_is_written_as_it_is_needed "
        "end_to_end/browser/console/test_views.py::test_the_start_page_names_everything_but_no_secret",
    ),
    said(
        "Terms and concepts",
        "The API version is part of the address",
        f"{_HERE}api.py scenarios/doctor/operator.py",
        "simulators/operator/test_api.py::test_an_agreed_version_is_the_only_one "
        "scenarios/cli/doctor/test_doctor.py::test_another_api_version_than_the_agreed_one_is_told OUT-09",
    ),
    said(
        "Terms and concepts",
        "Supported languages are en, es and fr",
        f"{_HERE}pages/words.py",
        "simulators/operator/test_player_page.py::test_the_page_speaks_the_language_of_the_session "
        "simulators/operator/test_player_page.py::test_every_text_of_the_page_is_in_each_language "
        "end_to_end/browser/providers/test_player_page.py::test_a_bet_is_placed_in_the_players_language",
    ),
    said(
        "Terms and concepts",
        "The example agrees on USD, EUR and GBP",
        f"client_under_test/config.py {_HERE}simulator.py scenarios/runner/session.py",
        "client/wallet/test_callbacks.py::test_other_currencies_have_their_own_decimals "
        "simulators/operator/test_api.py::test_unacceptable_sessions "
        "scenarios/runner/test_currencies.py::test_the_reference_holds_in_three",
    ),
    said(
        "Terms and concepts",
        "CLIENT calls OPERATOR at the API URL, OPERATOR calls CLIENT at the callback URL",
        f"{_HERE}api.py {_HERE}delivery.py client_under_test/sportsbook/operator_api.py",
        "simulators/operator/test_api.py::test_auth_and_start_session_as_documented "
        "simulators/operator/test_delivery.py::test_send_signs_the_bytes_that_arrive OUT-01 OUT-09",
    ),
    said(
        "Auth",
        "POST auth takes username and password as JSON",
        f"{_HERE}simulator.py {_HERE}wire.py",
        "simulators/operator/test_api.py::test_malformed_auth "
        "simulators/operator/test_api.py::test_content_type_must_be_json OUT-01",
    ),
    said(
        "Auth",
        "It answers token and expires_in, in seconds",
        f"{_HERE}wire.py simulators/server/access/tokens.py",
        f"{GOLDEN} simulators/operator/test_api.py::test_tokens_expire_and_can_be_revoked "
        "documents/test_golden.py::test_expires_in_is_an_integer_and_a_quoted_one_is_read_too",
    ),
    said(
        "Auth",
        "The token is used in the next requests until it expires",
        "simulators/server/access/tokens.py client_under_test/sportsbook/operator_api.py",
        "client/sportsbook/test_operator_api.py::test_token_is_renewed_shortly_before_it_expires OUT-04 OUT-05",
    ),
    said(
        "Auth",
        "It is asked for first: without a token there is no session",
        f"{_HERE}api.py simulators/server/access/tokens.py",
        "simulators/operator/test_api.py::test_bad_tokens OUT-02",
    ),
    said(
        "Auth",
        "Only CLIENT_USERNAME with CLIENT_PASSWORD gets a token",
        f"{_HERE}simulator.py",
        "simulators/operator/test_api.py::test_bad_credentials OUT-07",
    ),
    said(
        "Auth",
        "Content-Type is application/json",
        f"{_HERE}api.py client_under_test/sportsbook/operator_api.py",
        "simulators/operator/test_api.py::test_content_type_must_be_json OUT-01",
    ),
    said(
        "Auth",
        "The request is username and password, nothing else",
        f"{_HERE}wire.py client_under_test/sportsbook/operator_api.py",
        GOLDEN,
    ),
    said(
        "Start session",
        "POST start-session shows the token as Authorization: Bearer",
        f"{_HERE}api.py",
        "simulators/operator/test_api.py::test_bad_tokens OUT-02",
    ),
    said(
        "Start session",
        "user_id is a String and required",
        f"{_HERE}wire.py",
        "simulators/operator/test_wire.py::test_user_id_must_be_a_string OUT-03",
    ),
    said(
        "Start session",
        "currency is required",
        f"{_HERE}wire.py",
        "simulators/operator/test_api.py::test_unacceptable_sessions OUT-03",
    ),
    said(
        "Start session",
        "lang is optional",
        f"{_HERE}wire.py",
        "simulators/operator/test_api.py::test_lang_is_optional "
        "documents/test_golden.py::test_lang_may_be_left_out_or_null",
    ),
    said(
        "Start session",
        "It answers url, which is opened in the player's browser in an iframe",
        f"{_HERE}simulator.py {_HERE}pages/player_page.py",
        "simulators/operator/test_api.py::test_auth_and_start_session_as_documented OUT-06",
    ),
    said(
        "Start session",
        "It is called when the player opens the website",
        "client_under_test/sportsbook/routes.py",
        "client/sportsbook/test_operator_api.py::test_launches_at_once_log_in_once OUT-06",
    ),
    said(
        "Start session",
        "Content-Type is application/json",
        f"{_HERE}api.py",
        "simulators/operator/test_api.py::test_content_type_must_be_json",
    ),
    said(
        "Start session",
        "The request is user_id, currency and lang",
        f"{_HERE}wire.py client_under_test/sportsbook/operator_api.py",
        f"{GOLDEN} documents/test_golden.py::test_the_other_fields_of_a_session_are_required",
    ),
    said(
        "Start session",
        "user_id is the CLIENT's own name of the player",
        f"{_HERE}world.py",
        "simulators/operator/test_player_page.py::test_a_bet_is_placed_won_and_shown OUT-08",
    ),
    said(
        "Start session",
        "lang is a code of a language",
        f"{_HERE}pages/words.py",
        "simulators/operator/test_player_page.py::test_the_page_speaks_the_language_of_the_session OUT-03",
    ),
    said(
        "Start session",
        "The answer is url",
        f"{_HERE}wire.py",
        f"{GOLDEN} OUT-06",
    ),
    said(
        "Transactions",
        "Every request is a POST with X-Security-Hash",
        f"{_HERE}dialect.py simulators/wallet/signers.py",
        "simulators/operator/test_delivery.py::test_send_signs_the_bytes_that_arrive SIG-01 SIG-03 SIG-07",
    ),
    said(
        "Transactions",
        "The hash is over the raw body with SECURITY_HASH as the secret; others are not accepted",
        "simulators/wallet/signers.py client_under_test/wallet/signature.py",
        "simulators/operator/test_wire.py::test_known_hashes SIG-02 SIG-04 SIG-05",
    ),
    said(
        "Transactions",
        "Every answer has HTTP status 200 and is JSON",
        f"{_HERE}dialect.py client_under_test/wallet/answers.py",
        "simulators/operator/test_wire.py::test_what_breaks_the_contract_is_named MSG-01 MSG-02 SIG-06",
    ),
    said(
        "Transactions",
        "error is null on success, else a value",
        f"{_HERE}dialect.py",
        "simulators/operator/test_wire.py::test_answers MSG-03 MSG-04",
    ),
    said(
        "Transactions",
        "transaction_id, action, user_id, currency and amount are sent to /transaction",
        f"{_HERE}dialect.py",
        GOLDEN,
    ),
    said(
        "Transactions",
        "A bet withdraws the amount, a result deposits it; there is no other action",
        f"{_HERE}world.py client_under_test/wallet/ledger.py",
        "documents/test_golden.py::test_an_unknown_action_is_refused BET-01 RES-01 MSG-09",
    ),
    said(
        "Transactions",
        "user_id and currency are those of start-session",
        f"{_HERE}world.py",
        "simulators/operator/test_player_page.py::test_a_bet_is_placed_won_and_shown OUT-08",
    ),
    said(
        "Transactions",
        "amount is a decimal number",
        "simulators/values/decimal_json.py",
        "simulators/operator/test_wire.py::test_amounts_are_written_shortest BET-10 BET-12 MSG-07",
    ),
    said(
        "Transactions",
        "The answer's transaction_id is the CLIENT's own, and unique",
        "client_under_test/wallet/ledger.py",
        "simulators/operator/test_wire.py::test_answers MSG-03 MSG-05",
    ),
    said(
        "Transactions",
        "INSUFFICIENT_FUNDS is an error",
        "client_under_test/wallet/ledger.py",
        "simulators/operator/test_player_page.py::test_refused_and_unanswered_bets BET-03",
    ),
    said(
        "Transactions",
        "Each is handled once; a copy is answered with success and the first transaction_id",
        "client_under_test/wallet/ledger.py",
        "IDM-01 IDM-02",
    ),
    said(
        "Transactions",
        "Bets may be declined, of a banned player or for lack of funds",
        "client_under_test/wallet/ledger.py",
        "client/wallet/test_ledger.py::test_banned_player_is_paid_but_may_not_bet BET-03 BET-08",
    ),
    said(
        "Transactions",
        "Every result is processed successfully",
        "client_under_test/wallet/ledger.py",
        "RES-03 RES-04 RES-06",
    ),
    said(
        "Transactions",
        "A bet is sent once, a result again until it is answered",
        f"{_HERE}delivery.py",
        "simulators/operator/test_delivery.py::test_an_unanswered_bet_is_rolled_back_and_never_sent_again "
        "simulators/operator/test_delivery.py::test_a_result_is_sent_again_until_answered_with_growing_pauses",
    ),
    said(
        "Transactions",
        "The requests go out below the callback URL, each a POST",
        f"{_HERE}delivery.py client_under_test/wallet/callbacks.py",
        "MSG-15 SIG-08",
    ),
    said(
        "Transactions",
        "Content-Type is application/json",
        f"{_HERE}dialect.py client_under_test/wallet/messages.py",
        "simulators/operator/test_delivery.py::test_raw_headers MSG-06",
    ),
    said(
        "Transactions",
        "INTERNAL_ERROR is an error, too",
        f"client_under_test/wallet/answers.py {_HERE}dialect.py",
        f"{GOLDEN} MSG-04",
    ),
    said(
        "Transactions",
        "Success is error null with a transaction_id",
        f"client_under_test/wallet/answers.py {_HERE}dialect.py",
        f"{GOLDEN} documents/test_golden.py::test_error_is_null_or_says_why MSG-03",
    ),
    said(
        "Transactions",
        "The OPERATOR's transaction_id is unique",
        "simulators/wallet/transactions.py client_under_test/wallet/ledger.py",
        "IDM-07 IDM-08",
    ),
    said(
        "Transactions",
        "action is bet or result, whatever the amount is written as",
        f"{_HERE}dialect.py client_under_test/wallet/messages.py",
        f"{GOLDEN} MSG-09",
    ),
    said(
        "Transactions",
        "A copy moves no money, whatever else it says",
        "client_under_test/wallet/ledger.py",
        "IDM-05 IDM-06 IDM-09",
    ),
    said(
        "Transactions",
        "An answered bet is not sent again",
        f"{_HERE}delivery.py",
        "simulators/operator/test_delivery.py::test_an_answered_bet_is_sent_once",
    ),
    said(
        "Transaction-rollback",
        "transaction_id, rollback_transaction_id, action, user_id, currency and amount go to /transaction-rollback",
        f"{_HERE}dialect.py",
        GOLDEN,
    ),
    said(
        "Transaction-rollback",
        "It undoes the transaction that rollback_transaction_id names",
        "client_under_test/wallet/ledger.py",
        "simulators/operator/test_player_page.py::test_settlements RBK-01 RBK-02",
    ),
    said(
        "Transaction-rollback",
        "It is handled once, too",
        "client_under_test/wallet/ledger.py",
        "IDM-01 RBK-07",
    ),
    said(
        "Transaction-rollback",
        "One of an unknown transaction is kept, moves nothing and succeeds",
        "client_under_test/wallet/ledger.py",
        "RBK-04 RBK-05",
    ),
    said(
        "Transaction-rollback",
        "It may be sent several times",
        f"{_HERE}delivery.py",
        "simulators/operator/test_delivery.py::test_the_rollback_itself_is_sent_again IDM-11",
    ),
    said(
        "Transaction-rollback",
        "It has the header and the Content-Type of a transaction",
        f"{_HERE}dialect.py simulators/wallet/signers.py",
        "simulators/operator/test_delivery.py::test_rollback_has_its_own_path SIG-08 MSG-10",
    ),
    said(
        "Transaction-rollback",
        "action is always rollback",
        f"{_HERE}dialect.py client_under_test/wallet/messages.py",
        f"{GOLDEN} documents/test_golden.py::test_an_unknown_action_is_refused MSG-09 MSG-10",
    ),
    said(
        "Transaction-rollback",
        "user_id and currency are those of the session",
        "client_under_test/wallet/ledger.py",
        "RBK-10 RBK-15",
    ),
    said(
        "Transaction-rollback",
        "amount is a decimal number",
        "simulators/values/decimal_json.py client_under_test/wallet/ledger.py",
        f"{GOLDEN} RBK-09",
    ),
    said(
        "Transaction-rollback",
        "The answer is error null with a unique transaction_id of the CLIENT",
        "client_under_test/wallet/answers.py",
        f"{GOLDEN} MSG-03 MSG-05",
    ),
    said(
        "Transaction-rollback",
        "A copy is answered with success and the first transaction_id",
        "client_under_test/wallet/ledger.py",
        "IDM-01 RBK-05 RBK-14",
    ),
)
