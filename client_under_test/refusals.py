"""How the CLIENT says no to the OPERATOR."""


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a failure of ours
    """The request is refused; ``code`` is what the ``error`` field of the answer says."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
