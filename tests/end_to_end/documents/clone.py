"""A fresh clone of the project as it lies here, with its own .venv, made without the network.

Ports that pages name are replaced by free ones throughout the clone, pages included, so that several clones, and
whatever else listens on this machine, are not in each other's way.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import entry_points
from pathlib import Path

from scenarios.hosting.ports import free_port
from tests.house.__main__ import ROOT
from tests.house.leftovers import committed

# What serve, client and their pages use by default.
_PORT = re.compile(r"(?<![\d.])87(?:0[0-3]|10)(?!\d)")
_PROGRAMS = ("pitboss", "pytest", "locust")
_SCRIPT = "#!{python}\nimport sys\nfrom {module} import {attribute}\nsys.exit({attribute}())\n"


def clone(folder: Path) -> Path:
    """Make the clone below ``folder`` and return its root; it is a git work tree with one commit."""
    root = folder / "pitboss"
    ports: dict[str, str] = {}
    for path in committed(ROOT):
        _copy(path, root / path.relative_to(ROOT), ports)
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "The project")):
        identity = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")
        subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)
    _environment(root)
    return root


def _copy(source: Path, copy: Path, ports: dict[str, str]) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        text = source.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        shutil.copy(source, copy)
        return
    replaced = _PORT.sub(lambda hit: ports.setdefault(hit[0], "") or _take(ports, hit[0]), text)
    copy.write_text(replaced, encoding="utf-8")
    shutil.copymode(source, copy)


def _take(ports: dict[str, str], port: str) -> str:
    while (free := str(free_port())) in ports.values():
        pass
    ports[port] = free
    return free


def _environment(root: Path) -> None:
    """What `make` would set up: here over the packages that these tests run with."""
    venv = root / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    library = next(venv.glob("lib/python*/site-packages"))
    # The clone comes first; a .pth file in the other folder, which leads to the original, is not followed.
    library.joinpath("clone.pth").write_text(f"{root}\n{sysconfig.get_path('purelib')}\n")
    for program in _PROGRAMS:
        (script,) = entry_points(group="console_scripts", name=program)
        file = venv / "bin" / program
        file.write_text(
            _SCRIPT.format(python=venv / "bin" / "python", module=script.module, attribute=script.attr)
        )
        file.chmod(0o755)
    for stamp in (".installed-run", ".installed-dev"):
        (venv / stamp).touch()
