"""All mutants, in one explicit table."""

from client_under_test.mutants import (
    amounts,
    crashes,
    format,  # noqa: A004 - named for what it is about
    idempotency,
    long,
    memory,
    outbound,
    players,
    races,
    results_bets,
    rollback,
    signature,
)
from client_under_test.mutants.mutant import Mutant

ALL: tuple[Mutant, ...] = (
    *signature.MUTANTS,
    *format.MUTANTS,
    *amounts.MUTANTS,
    *results_bets.MUTANTS,
    *idempotency.MUTANTS,
    *rollback.MUTANTS,
    *outbound.MUTANTS,
    *races.MUTANTS,
    *crashes.MUTANTS,
    *memory.MUTANTS,
    *long.MUTANTS,
    *players.MUTANTS,
)
