"""How a run ends: players are put back, what the judge's own wagers showed is reported, and connections are closed."""

from collections.abc import Callable, Collection, Mapping, Sequence

from scenarios.contract import RULES
from scenarios.problems.signals import said_once
from scenarios.run.findings import WHO, ScenarioResult, Standing
from scenarios.run.run import Run
from scenarios.runner.outcome import accuse, broken_by, redact
from scenarios.runner.second_look import leave_to_others
from scenarios.wallet.noticed import refusals


def end(
    run: Run, runs: Mapping[str, Run], planned: Sequence[ScenarioResult], tell: Callable[[str], None]
) -> None:
    """End ``run``: every player is put back, and all ``planned`` scenarios are accounted for, in their order.

    ``runs`` are those in each currency, by its code; ``tell`` is called with what the user should know at once.
    """
    run.history.scenario = None
    ran = {id(result) for result in run.results}
    enough = run.settings.first_only and any(broken_by(one, run) for one in run.results)
    why = "to end with the first that breaks a rule (-x)" if enough else "interrupted"
    for result in planned:
        if id(result) not in ran:
            result.ended, result.reason = Standing.SKIPPED, f"not run: the run was {why}"
            redact(result, run.redactor.text)
    # However many ran side by side.
    run.results[:] = planned
    _restore(run, tell)
    _tell_own(runs)
    leave_to_others(run, run.results)
    at_once = run.route.concurrency.at_once
    warning = run.pace.warning(at_once if at_once < run.route.connections else None)
    if warning is not None:
        run.warn(warning)
    run.close()
    run.lock.release()


def _restore(run: Run, tell: Callable[[str], None]) -> None:
    def answer() -> None:
        """Answer who wants to end meanwhile."""
        count, seconds = run.to_restore()
        tell(f"putting back {count} players, about {seconds:.0f} s; once more to stop now")

    try:
        with said_once(answer):
            run.restore()
    except KeyboardInterrupt:
        run.warn("interrupted while players were put back; check their balances")
    except Exception as error:
        run.warn(f"players were not put back: {type(error).__name__}: {error}")


def _tell_own(runs: Mapping[str, Run]) -> None:
    """Hold against the CLIENT what it did to the judge's own wagers, up to the last that put a player back."""
    for currency, run in runs.items():
        results, found = [one for one in run.results if one.currency == currency], list(run.noticed)
        # Where wagers are known to move other amounts, what is put back may be no amount at all.
        if not run.diagnosis.why and not run.suspicion.why:
            # One act is one finding: what a rule of the group reports is reported once.
            reported = {RULES[one.rule].group for result in results for one in result.findings}
            own = {(player.id, player.currency) for player in run.players}
            found += [
                one for one in refusals(run.while_there(), own) if RULES[one.rule].group not in reported
            ]
        for noticed in found:
            for result in results:
                accuse(result, noticed)
        if run.disturbed:
            _leave_what_was_met(results, {(one.rule, one.exchanges) for one in run.noticed})


def _leave_what_was_met(
    results: Sequence[ScenarioResult], noticed: Collection[tuple[str, tuple[int, ...]]]
) -> None:
    """Accuse of nothing that was ``noticed`` in passing, by these rules and exchanges: others' wagers make it, too."""
    for result in results:
        result.leave_open(
            [one for one in result.findings if (one.rule, one.exchanges) in noticed],
            lambda seen: f"{seen}; in this run balances moved with nothing sent. {WHO}",
        )
