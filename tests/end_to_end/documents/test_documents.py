"""README and docs: every command is typed word for word in a fresh clone, every link leads somewhere."""

import json
import re
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
import yaml

from scenarios.cli.main import COMMANDS, main
from scenarios.target.loading import load
from tests.end_to_end.documents.clone import clone
from tests.end_to_end.documents.pages import (
    DRAWN,
    EDIT,
    PROXY,
    SHOWN,
    TYPED,
    Block,
    anchors,
    blocks,
    indented,
    kept,
    links,
    pages,
    steps,
)
from tests.end_to_end.documents.shell import Shell
from tests.house.__main__ import ROOT

PAGES = pages()
WITH_COMMANDS = [page for page in PAGES if any(block.language == TYPED for block in blocks(page))]
# What would run every test, this one too, or every rule, as .ci/run does, is typed with so much less.
SHORTENED = {
    "make test": 'make test PARALLEL= ARGS="-q tests/scenarios/cli/test_init.py"',
    "make demo": 'make demo ARGS="--only RES,EVT-01,CHK-01"',
}
# Blocks that no test can type: they need a network, or another machine.
SHOWN_AT_MOST = 12
PARSERS = {
    "toml": tomllib.loads,
    "json": json.loads,
    "yaml": yaml.safe_load,
    "python": lambda text: compile(text, "page", "exec"),
}


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=named)
def test_every_command_does_what_its_page_promises(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if page.name == "load.md":
        request.getfixturevalue("alone_with_a_load")
    root = clone(tmp_path)
    copy = root / page.relative_to(ROOT)
    # A page beside which a project lies is read in that project.
    folder = copy.parent if copy.with_name("pitboss.toml").exists() else root
    with Shell(folder) as shell:
        for block in blocks(page):
            follow(block, copy, shell, folder, tmp_path)


def follow(block: Block, copy: Path, shell: Shell, folder: Path, scratch: Path) -> None:
    """Do what a reader does at ``block`` of a page whose clone is ``copy``."""
    here = next(each for each in blocks(copy) if each.line == block.line)
    if block.language == EDIT:
        subprocess.run(["git", "apply", "-"], cwd=folder, input=here.text, text=True, check=True)
    elif block.language != TYPED and block.file:
        folder.joinpath(block.file).parent.mkdir(parents=True, exist_ok=True)
        folder.joinpath(block.file).write_text(here.text)
    elif block.language == TYPED:
        typed = steps(here)
        for place, step in enumerate(typed):
            reported = typed[place + 1].asks_for_status if place + 1 < len(typed) else False
            status, printed = shell.type(SHORTENED.get(step.command, step.command), scratch)
            if step.in_background and step.promised:
                promised = step.promised
                shell.wait_for(lambda more, got=printed, p=promised: kept(p, got + more), step.command)
                printed += shell.take()
            shown = f"{block.page.name}:{step.line}: $ {step.command}\n" + "\n".join(printed)
            assert kept(step.promised, printed), shown
            assert status == 0 or reported or step.asks_for_status, f"exit code {status}\n{shown}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = unquote(link).partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link}: there is no {path}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{link}: {target.name} has no such heading"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_blocks_are_of_known_kinds_and_can_be_read(page: Path) -> None:
    assert indented(page) == [], "code is fenced, so that its kind is told"
    for block in blocks(page):
        if block.language in PARSERS:
            PARSERS[block.language](block.text)
        elif block.language == TYPED:
            assert steps(block), block
        else:
            assert block.language in (SHOWN, EDIT, DRAWN, PROXY), f"{block}: {block.language!r}"


TARGETS = [
    block
    for page in PAGES
    for block in blocks(page)
    if block.language == "toml"
    and set(tomllib.loads(block.text)) & {"operator", "jackpot", "checkout", "driver"}
]


@pytest.mark.parametrize("block", TARGETS, ids=str)
def test_every_target_file_that_is_shown_can_be_read(block: Block, tmp_path: Path) -> None:
    for other in blocks(block.page):
        # What it names may be shown before it.
        if other.file and other.language in PARSERS:
            (tmp_path / Path(other.file).name).write_text(other.text)
    tmp_path.joinpath("pitboss.toml").write_text(block.text)
    variables = dict.fromkeys(re.findall(r'"env:(\w+)"', block.text), "a value")
    target = load(tmp_path / "pitboss.toml", variables)
    shown = set(tomllib.loads(block.text))
    assert {name for name in shown if getattr(target, name) is not None} == shown


def test_hardly_anything_is_shown_only() -> None:
    shown = [str(block) for page in PAGES for block in blocks(page) if block.language == SHOWN]
    assert len(shown) <= SHOWN_AT_MOST, shown


def test_the_index_leads_to_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    reached, waiting = set(), [index]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md" and page.exists():
            reached.add(page)
            local = [link.partition("#")[0] for link in links(page) if not re.match(r"[a-z]+:", link)]
            waiting += [(page.parent / unquote(link)).resolve() for link in local if link]
    missed = set(PAGES) - reached
    assert not missed, sorted(map(named, missed))


def mentions(page: Path) -> list[tuple[str, list[str]]]:
    """Every `pitboss ...` of a page: the command, and the options behind it."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    found = []
    for words in re.findall(r"(?:^|[\s`/])pitboss ([a-z][a-z-]*(?: [^\n`|&;#]*)?)", text):
        command, *rest = words.split()
        if command in COMMANDS or "`pitboss " + command in text or "$ pitboss " + command in text:
            found.append((command, [word.partition("=")[0] for word in rest if word.startswith("--")]))
    return found


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_and_option_that_is_named_exists(page: Path) -> None:
    context = click.Context(main)
    for name, options in mentions(page):
        command = main.get_command(context, name)
        assert command is not None, f"pitboss {name}"
        known = set(options_of(command, context))
        # Options of any program may stand behind `--` of load, which passes them on.
        unknown = [option for option in options if option not in known and known]
        assert not unknown or passes_on(command), f"pitboss {name} has no {unknown}"


def options_of(command: click.Command, context: click.Context) -> list[str]:
    found = [
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    ]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            found += options_of(inner, context) if inner is not None else []
    return [*found, "--help", "--version"]


def passes_on(command: click.Command) -> bool:
    return bool(command.context_settings.get("ignore_unknown_options"))


@pytest.mark.parametrize(
    ("promised", "output", "holds"),
    [
        (("a",), ["a"], True),
        (("a",), ["a", "b"], False),
        (("a", "…"), ["a", "b"], True),
        (("…", "b"), ["a", "a", "b"], True),
        (("…", "b", "…"), ["a"], False),
        (("a … c",), ["a and c"], True),
        (("a … c",), ["a and d"], False),
        (("a", "…", "c"), ["a", "c"], True),
        (("a", "b"), ["b", "a"], False),
        ((), ["anything"], True),
    ],
)
def test_what_is_promised_is_compared(promised: tuple[str, ...], output: list[str], holds: bool) -> None:
    assert kept(promised, output) is holds


def block_of(text: str, language: str = TYPED) -> Block:
    return Block(ROOT / "page.md", 1, language, "", text)


def test_a_page_that_promises_too_much_is_caught(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    for text in ("$ echo one\ntwo\n", "$ false\n", "$ sh -c 'exit 3'\n$ echo $?\n4\n"):
        page.write_text(f"```console\n{text}```\n")
        with Shell(tmp_path) as shell, pytest.raises(AssertionError):
            follow(block_of(text), page, shell, tmp_path, tmp_path)


def test_commands_share_a_shell_and_background_jobs_are_awaited(tmp_path: Path) -> None:
    text = (
        "$ mkfifo fifo\n$ export A=b\n$ sh -c 'echo up $A; exec cat fifo' &\nup b\n"
        "$ sh -c 'exit 3'\n$ echo $?\n3\n$ printf 'no end'\nno end\n$ kill %1; wait\n"
    )
    page = tmp_path / "page.md"
    page.write_text(f"```console\n{text}```\n")
    with Shell(tmp_path) as shell:
        follow(block_of(text), page, shell, tmp_path, tmp_path)
