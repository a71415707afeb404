"""What the CLIENT offers: a store as driver ``store`` reads it."""

from typing import Any

import jmespath

from scenarios.run.run import Run
from simulators.values import decimal_json


def offered(run: Run, store_id: str) -> dict[str, Any] | None:
    """The properties of a store as the CLIENT offers it, None where it does not."""
    raw = run.driver.raw("store", store=store_id)
    if raw.status >= 400:
        return None
    try:
        document = decimal_json.loads(raw.body)
    except ValueError:
        return None
    entry = run.settings.target.driver.store
    if entry is not None and entry.read is not None:
        document = jmespath.search(entry.read, document)
    if (
        not isinstance(document, dict)
        or document.get("enabled") is False
        or document.get("available") is False
    ):
        return None
    return document
