"""Why a CLIENT cannot start as asked, in three beats."""


class Misuse(Exception):
    """Shown to whoever started the CLIENT: what came, what was expected and why, what to do. Holds no secret."""

    def __init__(self, came: str, expected: str, next_step: str) -> None:
        super().__init__(f"{came}: {expected}; {next_step}")
        self.came, self.expected, self.next_step = came, expected, next_step
