"""All mutants, in one explicit table; ``provider`` says whose contract each breaks."""

from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.shop import claims, decisions, shop
from client_under_test.mutants.shop import signature as checkout_signature
from client_under_test.mutants.vouchers import (
    catalogue,
    confirmation,
    tokens,
    trusting_webhooks,
    vouchers,
    webhooks,
)
from client_under_test.mutants.wallet import (
    amounts,
    answers,
    crashes,
    endurance,
    idempotency,
    outbound,
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
    *results_bets.MUTANTS,
    *idempotency.MUTANTS,
    *rollback.MUTANTS,
    *outbound.MUTANTS,
    *races.MUTANTS,
    *crashes.MUTANTS,
    *retention.MUTANTS,
    *endurance.MUTANTS,
    *players.MUTANTS,
    *tokens.MUTANTS,
    *webhooks.MUTANTS,
    *trusting_webhooks.MUTANTS,
    *catalogue.MUTANTS,
    *vouchers.MUTANTS,
    *confirmation.MUTANTS,
    *checkout_signature.MUTANTS,
    *claims.MUTANTS,
    *shop.MUTANTS,
    *decisions.MUTANTS,
)
