"""The tab "Audit" of Locust's web page: what the ledgers hold while the test runs, and the verdict after it."""

import json
import logging
from collections.abc import Callable
from typing import Any, Final

from flask import Response, request
from locust.web import WebUI

log = logging.getLogger(__name__)

KEY: Final = "audit"
Rows = Callable[[], list[dict[str, Any]]]


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
