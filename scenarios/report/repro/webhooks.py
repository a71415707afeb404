"""Scripts about answers to webhooks: what was sent, under new ids where the CLIENT had not met them before."""

from collections.abc import Iterator

from scenarios.contract import Observed
from scenarios.report.repro.sending import FRESH, NoScript, Script
from scenarios.run.findings import Finding, RuleVerdict
from scenarios.run.run import Run
from simulators.exchanges.history import Direction, Exchange


class Webhooks(Script):
    """Sends events that need no simulator beside them, and compares the answers."""

    variable = "NOTIFICATION_URL"
    sends_again = "Sends it once more. What the CLIENT knew before keeps its id, all else gets a new one."

    def __init__(self, run: Run, verdict: RuleVerdict, finding: Finding) -> None:
        super().__init__(run, verdict, finding)
        self.url = run.settings.target.need_jackpot().notification_url
        if finding.observed is Observed.MONEY:
            raise NoScript(
                "A shell cannot show this: a simulator has to answer what the CLIENT asks meanwhile."
            )
        if any(each.race is not None for each in self.telling):
            raise NoScript("Answers to requests that are sent at once differ from one time to the next.")
        ids = {hit for each in self.telling for hit in _ids(each)}
        for each in run.history:
            if each.direction is Direction.FROM_CLIENT and not ids.isdisjoint(_ids(each)):
                raise NoScript(
                    "A shell cannot show this: the CLIENT asks the provider about it, which a simulator has to answer."
                )
        first = self.telling[0].number
        self.known = {hit for each in run.history if each.number < first for hit in _ids(each)}

    def once(self) -> Iterator[str]:
        """Send, and compare the answers."""
        yield from self.sends(self.telling)
        yield from self.answers()

    def renewed(self, text: str) -> str:
        """A new id, unless the CLIENT knew ``text`` before."""
        return text if text in self.known else super().renewed(text)


def _ids(exchange: Exchange) -> list[str]:
    """All that looks like an id in a request."""
    request = exchange.request
    return FRESH.findall(f"{request.url} {request.body.decode(errors='replace')}")
