"""The tab "Audit" of Locust's web page: what the ledgers hold while the test runs, and the verdict after it."""

import json
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

from flask import Response, request
from locust.web import WebUI

from loadtests.audit.outcome import text
from loadtests.audit.outcome.verdict import AuditVerdict, Ramp

log = logging.getLogger(__name__)

KEY: Final = "audit"
Rows = Callable[[], list[dict[str, Any]]]


class Shown(Protocol):
    """What the tab shows of whoever comes to the verdict."""

    verdict: AuditVerdict | None
    ramp: Ramp | None
    state: str

    def snapshots(self) -> list[dict[str, Any]]:
        """The newest figures of all workers."""


def rows(shown: Shown) -> list[dict[str, Any]]:
    """Figures while the test runs, the verdict after it, and what a ramp found so far."""
    if shown.verdict is not None:
        rows = [line.strip().partition(": ")[::2] for line in text.lines(shown.verdict)]
    else:
        snapshots = shown.snapshots()
        names = ("played", "transactions", "settled", "open")
        total = [(name, sum(snapshot.get(name, 0) for snapshot in snapshots)) for name in names]
        breaches = sum(sum(snapshot.get("breaches", {}).values()) for snapshot in snapshots)
        phases = ", ".join(sorted({snapshot["phase"] for snapshot in snapshots}))
        figures = [("state", phases or shown.state), *total, ("breaches of the contract", breaches)]
        rows = [(name, str(value)) for name, value in figures]
    if shown.ramp is not None:
        if shown.state != "playing":
            rows.append(("ramp", shown.ramp.verdict().partition(": ")[2]))
        rows += [(f"step {number}", str(step)) for number, step in enumerate(shown.ramp.steps, 1)]
    return [{"what": what, "value": value} for what, value in rows]


def add(web_ui: WebUI, rows: Rows) -> None:
    """Add the tab to ``web_ui``; ``rows`` are {"what", "value"}, asked for at each refresh of the page."""
    web_ui.template_args["extended_tabs"] = [
        *web_ui.template_args.get("extended_tabs", []),
        {"title": "Audit", "key": KEY},
    ]
    web_ui.template_args["extended_tables"] = [
        *web_ui.template_args.get("extended_tables", []),
        {
            "key": KEY,
            "structure": [{"key": "what", "title": "Audit"}, {"key": "value", "title": ""}],
        },
    ]

    def extend(response: Response) -> Response:
        if not request.path.endswith("/stats/requests") or not response.is_json:
            return response
        try:
            shown = response.get_json()
            others = [each for each in shown.get("extended_stats", []) if each["key"] != KEY]
            shown["extended_stats"] = [*others, {"key": KEY, "data": rows()}]
            response.set_data(json.dumps(shown))
        except Exception:
            # The page is of use without this tab.
            log.exception("the tab of the audit cannot be filled")
        return response

    assert web_ui.app is not None
    web_ui.app.after_request(extend)
