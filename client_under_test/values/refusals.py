"""How the CLIENT says no to the OPERATOR."""


class Refused(Exception):
    """The request is refused; ``code`` is what the ``error`` field of the answer says."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
