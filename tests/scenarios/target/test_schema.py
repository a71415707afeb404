"""pitboss.schema.json: what the judge reads is what editors are told, on every file that the project has."""

import json
import re
import tomllib
from pathlib import Path

import jsonschema_rs
import pytest

from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import load
from tests.documents.target_schema import FILE
from tests.house.__main__ import ROOT
from tests.support.programs.commanding import pitboss

SCHEMA = json.loads(FILE.read_text())
STARTER = ROOT / "scenarios" / "target" / "starter.toml"
SMALLEST = '[operator]\ncallback_url = "http://h/o"\nsecurity_hash = "s"\n[players]\nids = ["p-1"]\n'


def fits(text: str) -> bool:
    return jsonschema_rs.Draft202012Validator(SCHEMA).is_valid(tomllib.loads(text))


def is_read(text: str, folder: Path) -> bool:
    (folder / "pitboss.toml").write_text(text)
    try:
        load(folder / "pitboss.toml", {"A": "1"})
    except UsageProblem:
        return False
    return True


def test_the_schema_is_one() -> None:
    jsonschema_rs.meta.validate(SCHEMA)


@pytest.mark.parametrize(
    "path", [STARTER, *(ROOT / "docs" / "example").rglob("pitboss.toml")], ids=lambda path: path.parent.name
)
def test_the_projects_own_files_fit(path: Path) -> None:
    assert fits(path.read_text())


def test_what_the_starter_file_has_switched_off_fits_as_well() -> None:
    everything = re.sub(r"^# (\[\w+\]$|\w+ = )", r"\1", STARTER.read_text(), flags=re.MULTILINE)
    # Of two ways to read a balance one only can be on.
    assert fits("\n".join(line for line in everything.splitlines() if "SELECT" not in line))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("", True),
        ("[target]\nmax_connections = 4", True),
        ('[target]\nmax_connections = "env:A"', True),
        ("[target]\nmax_connections = 0", False),
        ('[target]\nprobe = "guess"', False),
        ('[target]\ntime_limit = "5m"', True),
        ("[target]\nconnections = 4", False),
        ("[targets]\n", False),
        ('[driver]\nban = { posts = "http://h/b" }', False),
        ('[driver]\nban = { post = "http://h/b" }', True),
        ('[checkout]\nmerchant_id = "m"', False),
        ('[checkout]\nmerchant_id = "m"\nkey = "k"\nalgorithm = "RS256"', True),
    ],
)
def test_editors_say_what_the_judge_says(text: str, right: bool, tmp_path: Path) -> None:
    whole = f"{SMALLEST}{text}\n"
    assert is_read(whole, tmp_path) is right
    assert fits(whole) is right


def test_players_opening_balances_are_texts_or_whole_numbers(tmp_path: Path) -> None:
    for amount, right in (('"100.00"', True), ("100", True), ("100.5", False)):
        text = f"{SMALLEST}opening = {{ p-1 = {amount} }}\n"
        assert (is_read(text, tmp_path), fits(text)) == (right, right)


def test_every_key_is_explained() -> None:
    for name, section in SCHEMA["$defs"].items():
        for key, reported in section.get("properties", {}).items():
            assert reported.get("description"), f"{name}.{key}"


def test_init_writes_the_schema_that_the_first_line_names(tmp_path: Path) -> None:
    done = pitboss("init", "-o", "staging.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "pitboss.schema.json" in done.stdout
    [first, *_] = (tmp_path / "staging.toml").read_text().splitlines()
    kind, named = first.split()
    assert kind == "#:schema"
    assert json.loads((tmp_path / named).read_text()) == SCHEMA
