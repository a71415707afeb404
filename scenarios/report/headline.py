"""The verdict in one sentence, the same in terminal, console and report: how many rules hold, how many were judged."""

from collections.abc import Mapping


def headline(
    must: Mapping[str, int],
    should: Mapping[str, int],
    *,
    strict: bool = False,
    interrupted: bool = False,
    gone: bool = False,
) -> tuple[str, str]:
    """How a run stands (an outcome, which gives the colour) and the sentence, without a full stop.

    ``must`` and ``should`` count the rules by outcome, as ``summary`` of report.json does. ``gone``: it went away.
    """
    standing, words = _standing(must, should, strict=strict)
    if interrupted or gone:
        why = "The target went away" if gone else "Interrupted"
        return standing if standing == "failed" else "undecided", f"{why}. {words}"
    return standing, words


def _standing(must: Mapping[str, int], should: Mapping[str, int], *, strict: bool) -> tuple[str, str]:
    judged = must["passed"] + must["failed"]
    warned = f"{rules(should['warned'], 'SHOULD')} {_is(should['warned'])} broken"
    if must["failed"]:
        of = (
            "the one MUST rule judged"
            if judged == 1
            else f"{must['failed']} of {rules(judged, 'judged MUST')}"
        )
        return "failed", f"The contract is broken: {of} {_does(must['failed'])} not hold{_not_judged(must)}"
    if strict and should["warned"]:
        return "failed", f"The contract is broken: {warned}, and the run was strict"
    if undecided := must["undecided"] + should["undecided"]:
        return "undecided", f"Nothing is known to be broken, but {rules(undecided)} could not be decided"
    if not judged and not should["passed"] + should["warned"]:
        return "undecided", "No rule was judged"
    holds = _holds(must, should, judged)
    return ("warned", f"{holds}, but {warned}") if should["warned"] else ("passed", holds)


def _holds(must: Mapping[str, int], should: Mapping[str, int], judged: int) -> str:
    if not judged:
        return (
            f"No MUST rule was judged; {rules(should['passed'], 'SHOULD')} {_does(should['passed'], 'hold')}"
        )
    total = judged + must["skipped"]
    if must["skipped"]:
        all_hold = "and it holds" if judged == 1 else "and all hold"
        return f"{judged} of {rules(total, 'MUST')} {'was' if judged == 1 else 'were'} judged, {all_hold}"
    return "The one MUST rule judged holds" if total == 1 else f"All {rules(total, 'MUST')} hold"


def _not_judged(must: Mapping[str, int]) -> str:
    return (
        f"; {must['skipped']} {'was' if must['skipped'] == 1 else 'were'} not judged"
        if must["skipped"]
        else ""
    )


def rules(count: int, level: str = "") -> str:
    """``count`` rules in words: "1 MUST rule", "3 rules"."""
    return f"{count} {level + ' ' if level else ''}rule{'' if count == 1 else 's'}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _does(count: int, verb: str = "do") -> str:
    return {"do": "does", "hold": "holds"}[verb] if count == 1 else verb
