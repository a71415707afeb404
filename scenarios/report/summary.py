"""A run in a few figures and one command, as terminal, annotations, console and report.json tell it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from scenarios.contract import RULES, Level
from scenarios.problems.errors import Exit
from scenarios.report.headline import headline
from scenarios.run.findings import RuleVerdict, ScenarioResult, Standing
from scenarios.run.judge import Judged
from scenarios.run.run import Run


def must_counts(verdicts: Sequence[RuleVerdict]) -> dict[str, int]:
    """How many MUSTs came out how. A rule of another level that failed is among them."""
    return _counts(
        verdicts,
        lambda verdict: verdict.rule.level is Level.MUST or verdict.standing is Standing.FAILED,
        (Standing.PASSED, Standing.FAILED, Standing.SKIPPED, Standing.UNDECIDED),
    )


def should_counts(verdicts: Sequence[RuleVerdict]) -> dict[str, int]:
    """How many SHOULDs came out how; one that failed counts among the MUSTs, and a MUST of which only what it says
    besides is broken among these.
    """
    return _counts(
        verdicts,
        lambda verdict: verdict.rule.level is Level.SHOULD or verdict.standing is Standing.WARNED,
        (Standing.PASSED, Standing.WARNED, Standing.SKIPPED, Standing.UNDECIDED),
    )


def _counts(
    verdicts: Sequence[RuleVerdict], counted: Callable[[RuleVerdict], bool], words: Iterable[Standing]
) -> dict[str, int]:
    standings = [verdict.standing for verdict in verdicts if counted(verdict)]
    return {str(word): standings.count(word) for word in words}


def verdict_in_words(judged: Judged) -> tuple[str, str]:
    """How the run stands (an outcome) and its verdict in one sentence, without a full stop."""
    standing, words = headline(
        must_counts(judged.verdicts),
        should_counts(judged.verdicts),
        strict=judged.run.settings.strict,
        interrupted=judged.interrupted,
        gone=judged.run.gone_after is not None,
    )
    if standing == Standing.FAILED and judged.run.settings.known and judged.code is not Exit.BROKEN:
        return Standing.WARNED, f"{words}; nothing of that is new"
    return standing, words


def against_baseline(judged: Judged) -> list[str]:
    """What the baseline says of this run: what is broken in it already, and what holds now."""
    known = [verdict for verdict in judged.verdicts if verdict.rule.id in judged.run.settings.known]
    broken = [one.rule.id for one in known if one.standing in (Standing.FAILED, Standing.WARNED)]
    fixed = [one.rule.id for one in known if one.standing is Standing.PASSED]
    lines = []
    if broken:
        lines.append(f"known from the baseline, and not counted: {', '.join(broken)}")
    if fixed:
        lines.append(f"fixed since the baseline: {', '.join(fixed)}; take this report as the new one")
    return lines


def named_by_reason(
    run: Run, verdicts: Sequence[RuleVerdict], standing: Standing
) -> Iterator[tuple[str, str]]:
    """The rules that came out as ``standing``, in few words, and why: those with one reason together."""
    open_ones = sorted(
        (verdict for verdict in verdicts if verdict.standing is standing), key=lambda one: one.reason
    )
    for reason, rules in groupby(open_ones, key=lambda one: one.reason):
        yield named([verdict.rule.id for verdict in rules], run.settings.rules), run.redactor.text(reason)


def named(ids: Sequence[str], judged: Sequence[str]) -> str:
    """Rules in few words: a group stands for its rules where all that were ``judged`` are meant ("CHK (11 rules)")."""
    groups = {
        RULES[rule].group: {each for each in judged if RULES[each].group == RULES[rule].group} for rule in ids
    }
    words = []
    for group, whole in groups.items():
        mine = [rule for rule in ids if RULES[rule].group == group]
        words.append(group if whole == set(mine) and len(mine) > 1 else ", ".join(sorted(mine)))
    count = f" ({len(ids)} rules)" if len(ids) > len(words) else ""
    return ", ".join(words) + count


def replay_command(run: Run, rule: str) -> str:
    """The command that judges ``rule`` again with the same generated data."""
    settings = run.settings
    return f"{settings.again} --only {rule} --seed {settings.seed} --effort {settings.effort.name}"


def story_of(run: Run, rule: str, result: ScenarioResult) -> list[str]:
    """The generated history that broke ``rule`` in the scenario of ``result``, in numbered lines; [] where none did."""
    story = result.stories.get(rule)
    if story is None:
        return []
    return [run.redactor.text(line) for line in story.lines(result.currency or run.players[0].currency)]
