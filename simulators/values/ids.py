"""Ids that nobody ever had."""

import uuid


def random_id() -> str:
    """Return a new random UUID."""
    return str(uuid.uuid4())
