"""All mutants, in one explicit table; ``provider`` says whose contract each breaks."""

from client_under_test.mutants import telling
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.shop import browser, claims, decisions, pages
from client_under_test.mutants.shop import signature as checkout_signature
from client_under_test.mutants.sportsbook import operator_api
from client_under_test.mutants.vouchers import (
    catalogue,
    confirmation,
    copies,
    purchases,
    session_tokens,
    sessions,
    trusting_webhooks,
    webhooks,
)
from client_under_test.mutants.wallet import (
    amounts,
    answers,
    balances,
    crashes,
    endurance,
    idempotency,
    players,
    races,
    results_bets,
    retention,
    rollback,
    signature,
)

ALL: tuple[Mutant, ...] = (
    *signature.MUTANTS,
    *answers.MUTANTS,
    *amounts.MUTANTS,
    *balances.MUTANTS,
    *results_bets.MUTANTS,
    *idempotency.MUTANTS,
    *rollback.MUTANTS,
    *operator_api.MUTANTS,
    *races.MUTANTS,
    *crashes.MUTANTS,
    *retention.MUTANTS,
    *endurance.MUTANTS,
    *players.MUTANTS,
    *session_tokens.MUTANTS,
    *webhooks.MUTANTS,
    *copies.MUTANTS,
    *trusting_webhooks.MUTANTS,
    *catalogue.MUTANTS,
    *purchases.MUTANTS,
    *sessions.MUTANTS,
    *confirmation.MUTANTS,
    *checkout_signature.MUTANTS,
    *claims.MUTANTS,
    *pages.MUTANTS,
    *browser.MUTANTS,
    *decisions.MUTANTS,
    *telling.MUTANTS,
)
