"""Python drivers: a class of the user's whose methods have the names of the ``[driver]`` entries."""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import DriverProblem, UsageProblem
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
        module_name, _, class_name = spec.partition(":")
        module = _module(module_name, spec, directory)
        factory = getattr(module, class_name, None)
        if not callable(factory):
            classes = [name for name, value in vars(module).items() if inspect.isclass(value)]
            raise UsageProblem(
                f'[driver] python = "{spec}": {module_name} has no class {class_name}',
                "a class whose methods are driver entries",
                did_you_mean(
                    class_name, classes, f"define the class, or correct the name after {module_name}:"
                ),
            )
        try:
            instance = factory()
        except Exception as error:
            raise _broken(spec, f"making a {class_name} raised", error) from error
        driver = cls(spec, instance)
        if not any(driver.has(name) for name in ENTRIES):
            methods = [name for name in dir(instance) if not name.startswith("_")]
            raise UsageProblem(
                f'[driver] python = "{spec}": {class_name} has only the methods {methods}',
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


def _module(name: str, spec: str, directory: Path) -> ModuleType:
    path = directory.joinpath(*name.split(".")).with_suffix(".py")
    try:
        with _importing_from(directory):
            found = importlib.util.spec_from_file_location(name, path) if path.is_file() else None
            if found is None or found.loader is None:
                return importlib.import_module(name)
            # By its path: a module of that name that somebody else imported is not the one that is meant.
            module = importlib.util.module_from_spec(found)
            found.loader.exec_module(module)
            return module
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0] and error.name != name:
            raise _broken(spec, f"importing {name} raised", error) from error
        raise UsageProblem(
            f'[driver] python = "{spec}": there is no module {name}',
            f"a file {path.name} in {path.parent}, or an installed module",
            f"write {path}, or correct the name before the colon",
        ) from None
    except Exception as error:
        raise _broken(spec, f"importing {name} raised", error) from error


@contextmanager
def _importing_from(directory: Path) -> Iterator[None]:
    entry = str(directory)
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        sys.path.remove(entry)


def _broken(spec: str, what: str, error: Exception) -> UsageProblem:
    return UsageProblem(
        f'[driver] python = "{spec}": {what} {type(error).__name__}: {error}',
        "a class that is made without arguments",
        "fix the driver's own code",
    )
