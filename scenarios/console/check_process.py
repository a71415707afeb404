"""A check in a process of its own, for the console: reads what to judge, writes what happens as JSON lines.

Started as ``python -m scenarios.console.check_process``. The first line of standard input says what to judge;
the process
ends when its parent closes that pipe. SIGTERM ends the check as Ctrl-C does: every player is put back.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

from scenarios.contract import select
from scenarios.problems.errors import Exit, Problem
from scenarios.report.root_causes import to_fix
from scenarios.report.summary import must_counts, replay_command, should_counts, verdict_in_words
from scenarios.run.findings import RuleVerdict, ScenarioResult, message
from scenarios.run.judge import Judged
from scenarios.run.planning.settings import Settings
from scenarios.run.run import Run
from scenarios.runner.pytest_run import check, effort_named, new_seed
from scenarios.target.demo import target_to_serve
from scenarios.target.loading import Target
from simulators.server.wsgi_server import watch_parent


class ConsoleWatcher:
    """Watches a run and writes it to ``out``, one JSON object a line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, event: str, **fields: Any) -> None:
        """Write one line at once."""
        print(json.dumps({"event": event, **fields}), file=self._out, flush=True)

    def planned(self, run: Run, scenarios: int) -> None:
        """Tell what is about to run."""
        settings = run.settings
        self.write(
            "planned",
            scenarios=scenarios,
            rules=list(settings.rules),
            effort=settings.effort.name,
            seed=settings.seed,
            probe=run.probe_name,
            address=run.redactor.text(run.reach.address),
        )

    def finished(self, run: Run, result: ScenarioResult) -> None:
        """Tell how one scenario came out, rule by rule."""
        rules = {}
        for rule in result.rules:
            if rule in run.settings.rules:
                said = message(result.of(rule)) or result.reason or "; ".join(result.notes.get(rule, []))
                rules[rule] = [str(result.standing(rule)), run.redactor.text(said)]
        self.write("finished", id=result.id, title=result.title, rules=rules, exchanges=len(run.history))

    def noticed(self, run: Run, text: str) -> None:
        """Tell what is to be known of the run itself."""
        self.write("noticed", text=run.redactor.text(text))

    def concluded(self, judged: Judged) -> None:
        """Tell the verdict."""
        run = judged.run
        _, words = verdict_in_words(judged)
        self.write(
            "concluded",
            code=int(judged.code),
            interrupted=judged.interrupted,
            headline=words,
            must=must_counts(judged.verdicts),
            should=should_counts(judged.verdicts),
            to_fix=[
                {**one.model_dump(), "stake": one.stake, "others": one.others}
                for one in to_fix(run, judged.verdicts)
            ],
            exchanges=len(run.history),
            seconds=round(run.history.now(), 1),
            warnings=[run.redactor.text(warning) for warning in run.warnings],
            verdicts={verdict.rule.id: _verdict(run, verdict) for verdict in judged.verdicts},
        )

    def failed(self, problem: Problem) -> None:
        """Tell why nothing could be judged."""
        self.write("failed", code=int(problem.exit_code), **problem.beats)


def _verdict(run: Run, verdict: RuleVerdict) -> list[str]:
    return [
        str(verdict.standing),
        run.redactor.text(verdict.reason),
        replay_command(run, verdict.rule.id),
    ]


def settings_of(wanted: dict[str, Any]) -> Settings:
    """What is to be judged, from the parent's line; raises UsageProblem."""
    config = wanted.get("config")
    target = target_to_serve(None if config is None else Path(config))
    only = wanted.get("only") or None
    chosen = [rule.id for rule in select(only, wanted.get("skip") or None, wanted.get("provider") or None)]
    seed = wanted.get("seed")
    return Settings(
        target=_listening_at(target, wanted.get("listen", {})),
        rules=tuple(chosen),
        effort=effort_named(wanted.get("effort") or "quick"),
        seed=new_seed() if seed is None else seed,
        strict=bool(wanted.get("strict")),
    )


def _listening_at(target: Target, listen: dict[str, str]) -> Target:
    """``target`` with the providers at the addresses that the CLIENT knows: those that `serve` lends."""
    changed: dict[str, Any] = {}
    for section, address in listen.items():
        model = getattr(target, section)
        if model is not None:
            changed[section] = model.model_copy(update={"listen": address})
    moved = target.model_copy(update=changed)
    moved._path = target.path
    return moved


def main() -> int:
    """Judge once; return the exit code, as of ``pitboss check``."""
    # What anything else prints must not come between the lines.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    wanted = json.loads(sys.stdin.buffer.readline())
    watch_parent(sys.stdin.buffer, die=lambda: os.kill(os.getpid(), signal.SIGTERM))
    line = ConsoleWatcher(out)
    report = wanted.get("report")
    try:
        settings = settings_of(wanted)
        judged = check(settings, report=None if report is None else Path(report), watchers=[line])
    except Problem as problem:
        line.failed(problem)
        return int(problem.exit_code)
    except KeyboardInterrupt:
        line.write("stopped")
        return int(Exit.UNDECIDED)
    if judged.problem is not None:
        line.failed(judged.problem)
    else:
        line.concluded(judged)
    return int(judged.code)


if __name__ == "__main__":
    sys.exit(main())
