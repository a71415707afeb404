"""The two shapes of an answer to the OPERATOR: HTTP 200, JSON. ``sportsbook.txt``, *Transactions*."""

from flask import Response, jsonify


class Answers:
    """Writes answers to callbacks."""

    def success(self, client_id: str) -> Response:
        """Say that it is done, and the CLIENT's id for it."""
        return jsonify({"error": None, "transaction_id": client_id})

    def failure(self, code: str) -> Response:
        """Say that it is refused; ``code`` is for machines and says nothing of what is inside."""
        return jsonify({"error": code})
