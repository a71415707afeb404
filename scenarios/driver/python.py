"""Python drivers: a class of the user's whose methods have the names of the ``[driver]`` entries."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import DriverProblem, UsageProblem
from scenarios.problems.user_code import UserClass
from scenarios.target.loading import ENTRIES


@dataclass
class PythonDriver:
    """An instance of the user's class. Its methods take those of the entry's words that they name."""

    spec: str
    instance: Any

    @classmethod
    def load(cls, spec: str, directory: Path) -> "PythonDriver":
        """Import ``spec`` ("module:Class"), ``directory`` first, and make an instance without arguments.

        Raises UsageProblem where the module or class is missing, fails to load, or has no method of an entry.
        """
        purpose = "a class that is made without arguments, and whose methods are driver entries"
        instance = UserClass("[driver] python", spec, purpose).made(directory)
        driver = cls(spec, instance)
        if not any(driver.has(name) for name in ENTRIES):
            methods = [name for name in dir(instance) if not name.startswith("_")]
            raise UsageProblem(
                f'[driver] python = "{spec}": {type(instance).__name__} has only the methods {methods}',
                f"at least one method out of {', '.join(ENTRIES)}",
                did_you_mean(
                    methods[0] if methods else "", ENTRIES, "add a method such as balance(self, player)"
                ),
            )
        return driver

    def has(self, name: str) -> bool:
        """Whether the class has a method ``name``."""
        return name in ENTRIES and callable(getattr(self.instance, name, None))

    def call(self, name: str, fields: Mapping[str, str | Decimal | None]) -> Any:
        """Call the method ``name`` with what it takes of ``fields``; raises DriverProblem where it raises."""
        method: Callable[..., Any] = getattr(self.instance, name)
        parameters = inspect.signature(method).parameters
        takes_all = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())
        given = {key: value for key, value in fields.items() if takes_all or key in parameters}
        try:
            return method(**given)
        except Exception as error:
            raise DriverProblem(
                f"[driver] {self.spec}.{name} raised {type(error).__name__}: {error}",
                f"a method that takes {', '.join(fields) or 'nothing'} by name and does not raise",
                f"fix the method {name}",
            ) from error
