"""Classes of the user's own, which a target file names as ``module:Class``: found, made, and reported where wrong."""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import UsageProblem


@dataclass(frozen=True)
class UserClass:
    """What ``setting`` ("[driver] python") names: ``spec`` is "module:Class", ``purpose`` says what for."""

    setting: str
    spec: str
    purpose: str

    def made(self, directory: Path, arguments: Mapping[str, Any] | None = None) -> Any:
        """Import it, ``directory`` first, and make an instance of it with ``arguments``.

        Raises UsageProblem where the module or class is missing, or its own code raises.
        """
        module_name, _, class_name = self.spec.partition(":")
        module = self._module(module_name, directory)
        factory = getattr(module, class_name, None)
        if not callable(factory):
            classes = [name for name, value in vars(module).items() if inspect.isclass(value)]
            raise UsageProblem(
                f'{self.setting} = "{self.spec}": {module_name} has no class {class_name}',
                self.purpose,
                did_you_mean(
                    class_name, classes, f"define the class, or correct the name after {module_name}:"
                ),
            )
        try:
            return factory(**(arguments or {}))
        except Exception as error:
            raise self._broken(f"making a {class_name} raised", error) from error

    def _module(self, name: str, directory: Path) -> ModuleType:
        path = directory.joinpath(*name.split(".")).with_suffix(".py")
        try:
            with _importing_from(directory):
                found = importlib.util.spec_from_file_location(name, path) if path.is_file() else None
                if found is None or found.loader is None:
                    return importlib.import_module(name)
                # By its path: a module of that name that somebody else imported is not the one that is meant.
                module = importlib.util.module_from_spec(found)
                # What reads annotations, as dataclasses do, looks the module up by its name.
                before = sys.modules.get(name)
                sys.modules[name] = module
                try:
                    found.loader.exec_module(module)
                finally:
                    if before is not None:
                        sys.modules[name] = before
                return module
        except ModuleNotFoundError as error:
            if error.name != name.partition(".")[0] and error.name != name:
                raise self._broken(f"importing {name} raised", error) from error
            raise UsageProblem(
                f'{self.setting} = "{self.spec}": there is no module {name}',
                f"a file {path.name} in {path.parent}, or an installed module",
                f"write {path}, or correct the name before the colon",
            ) from None
        except Exception as error:
            raise self._broken(f"importing {name} raised", error) from error

    def _broken(self, what: str, error: Exception) -> UsageProblem:
        return UsageProblem(
            f'{self.setting} = "{self.spec}": {what} {type(error).__name__}: {error}',
            self.purpose,
            "fix the class's own code",
        )


@contextmanager
def _importing_from(directory: Path) -> Iterator[None]:
    entry = str(directory)
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        sys.path.remove(entry)
