"""The checks on the house: each finds a violation planted for it. That the project has none: ``make imports``."""

import subprocess
from pathlib import Path

import pytest

from tests.house.__main__ import ROOT
from tests.house.crowds import FILES, crowded
from tests.house.cycles import cycles
from tests.house.leftovers import committed, leftovers
from tests.house.lengths import FILE_LINES, FUNCTION_LINES, too_long
from tests.house.private_names import private_names
from tests.house.provider_names import provider_names


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def function_of(lines: int) -> str:
    return "async def long():\n" + "    pass\n" * (lines - 1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\n" * FILE_LINES, 0),
        ("x = 1\n" * (FILE_LINES + 1), 1),
        (function_of(FUNCTION_LINES), 0),
        (function_of(FUNCTION_LINES + 1), 1),
        ("class A:\n    def long(self):\n" + "        pass\n" * FUNCTION_LINES, 1),
        ("def outer():\n    def long():\n" + "        pass\n" * FUNCTION_LINES, 2),
        ("", 0),
    ],
)
def test_lengths(tmp_path: Path, text: str, found: int) -> None:
    assert len(too_long([written(tmp_path, "some.py", text)])) == found


def test_a_length_is_told_with_its_place_and_its_limit(tmp_path: Path) -> None:
    path = written(tmp_path, "some.py", "x = 1\n" + function_of(FUNCTION_LINES + 5))
    [finding] = too_long([path])
    assert finding.startswith(f"{path}:2: long has 65 lines, 60 at most")


def test_files_side_by_side(tmp_path: Path) -> None:
    files = [tmp_path / "__init__.py", *(tmp_path / f"{number}.py" for number in range(FILES))]
    assert crowded(files) == []
    assert len(crowded([*files, tmp_path / "more.py"])) == 1
    assert crowded([*files, tmp_path / "room" / "more.py"]) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import waitress\nwaitress.server._x = 1\n", 1),
        ("from waitress import task as t\nt._y\n", 1),
        ("from waitress import _z\n", 1),
        ("from waitress._secret import z\n", 1),
        ("import waitress\nwaitress.__version__\n", 0),
        ("from ours import task\ntask._y\n", 0),
        ("self._x = 1\n", 0),
        ("import os\nos._exit(1)\n", 0),
    ],
)
def test_private_names(tmp_path: Path, text: str, found: int) -> None:
    assert len(private_names([written(tmp_path, "some.py", text)], ("ours",))) == found


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("some.py", 'x = "bank"\n', 1),
        ("some.py", 'x = {"bank": 1, "shop": 2}\nf(p="shop")\n', 3),
        ("some.py", 'x = "a bank"\n# bank\nbank = 1\n', 0),
        ("bank/some.py", 'x = "bank"\n', 0),
        ("bank/some.py", 'x = "shop"\n', 1),
        ("table.py", 'x = "bank"\n', 0),
    ],
)
def test_names_of_providers(tmp_path: Path, name: str, text: str, found: int) -> None:
    path = written(tmp_path, name, text)
    assert len(provider_names([path], ("bank", "shop"), "/table.py")) == found


TYPE_ONLY = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ring_d import b\n"


@pytest.mark.parametrize(
    ("package", "modules", "found"),
    [
        ("ring_a", {"a": "from ring_a import b\n", "b": "from ring_a import a\n"}, 1),
        (
            "ring_b",
            {"a": "import ring_b.b\n", "b": "def f():\n    from ring_b.a import x\n    return x\n"},
            1,
        ),
        ("ring_c", {"a": "import ring_c.b\n", "b": "import ring_c.c\n", "c": "import ring_c.a\n"}, 1),
        ("ring_d", {"a": TYPE_ONLY, "b": "from ring_d import a\n"}, 0),
        ("ring_e", {"a": "from ring_e import b\n", "b": "x = 1\n"}, 0),
        (
            "ring_f",
            {
                "a": "import ring_f.b\n",
                "b": "import ring_f.a\n",
                "c": "import ring_f.d\n",
                "d": "import ring_f.c\n",
            },
            2,
        ),
    ],
)
def test_cycles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, modules: dict[str, str], found: int
) -> None:
    written(tmp_path, f"{package}/__init__.py", "")
    for module, text in modules.items():
        written(tmp_path, f"{package}/{module}.py", text)
    monkeypatch.syspath_prepend(tmp_path)
    assert len(cycles(package)) == found


def test_a_cycle_between_two_packages_is_told_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package, other in (("house_x", "house_y"), ("house_y", "house_x")):
        written(tmp_path, f"{package}/__init__.py", "")
        written(tmp_path, f"{package}/m.py", f"import {other}.m\n")
    monkeypatch.syspath_prepend(tmp_path)
    [finding] = cycles("house_x", "house_y")
    assert finding.split(";")[0] in (
        "house_x.m imports house_y.m imports house_x.m",
        "house_y.m imports house_x.m imports house_y.m",
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("open('/" + "work/main/x')\n", 1),
        ("see /" + "root\n", 1),
        ("x = 1  # TO" + "DO: finish\n", 1),
        ("// FIX" + "ME later\n", 1),
        ("-- X" + "XX\n", 1),
        ("<!-- TO" + "DO -->\n", 1),
        ("/" + "workers and http://host/root and a/work, /root-cause\n", 0),
        ("a 'todo' list, TO" + "DOS\n", 0),
        ("/usr/bin/env, /tmp/x\n", 0),
    ],
)
def test_leftovers(tmp_path: Path, text: str, found: int) -> None:
    assert len(leftovers([written(tmp_path, "some.txt", text)])) == found


def test_files_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\xff/" + b"root\n")
    assert leftovers([path]) == []


def test_committed_sees_new_files_and_leaves_out_ignored_ones(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    written(tmp_path, ".gitignore", "kept-out/\n")
    written(tmp_path, "kept-out/x.py", "")
    new = written(tmp_path, "folder/new file.py", "")
    assert committed(tmp_path) == [tmp_path / ".gitignore", new]


def test_this_very_file_is_looked_at() -> None:
    assert Path(__file__) in committed(ROOT)
