"""The names of many players, made when asked for."""

from collections.abc import Sequence
from typing import overload


class Pattern(Sequence[str]):
    """The player ids ``load-0`` .. ``load-999999`` of the pattern ``load-{n}``, made when asked for: no memory."""

    def __init__(self, pattern: str, count: int) -> None:
        if "{n}" not in pattern:
            raise ValueError(f"{pattern!r} holds no {{n}}, so that every player would be the same")
        self.pattern = pattern
        self._numbers = range(count)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self._name(number) for number in self._numbers[index]]
        return self._name(self._numbers[index])

    def __len__(self) -> int:
        return len(self._numbers)

    def _name(self, number: int) -> str:
        return self.pattern.replace("{n}", str(number))
