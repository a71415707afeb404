"""How a dialect is named: one that is built in, the path of a file, or a class."""

import re

from scenarios.problems.did_you_mean import did_you_mean
from simulators.dialects import NAMES

# How the paths of dialect files end, by which they are distinguished from names.
_FILES = ".toml"
# A dialect that is a class, by its module.
DIALECT_CLASS = re.compile(r"[A-Za-z_]\w*(\.\w+)*:[A-Za-z_]\w*")


def dialect_name(name: str) -> str:
    """``name``, where it can be a dialect's; raises ValueError."""
    if name not in NAMES and not name.endswith(_FILES) and not DIALECT_CLASS.fullmatch(name):
        known = f"there is {', '.join(NAMES)}, the path of a file {_FILES}, or module:Class"
        raise ValueError(f"no dialect is called {name!r}; {did_you_mean(name, NAMES, known)}")
    return name
