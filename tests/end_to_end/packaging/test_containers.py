"""Dockerfile and compose.yaml: linted, held against what they name, and their services started without containers."""

import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from scenarios.hosting.ports import free_port
from simulators.providers import PROVIDERS
from tests.end_to_end.packaging.command_lines import held_against_the_command
from tests.house.__main__ import ROOT
from tests.support.programs.commanding import PITBOSS, run_program, started

BIN = Path(sys.executable).parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "pitboss"]
TARGET = ROOT / "docs" / "example" / "compose" / "pitboss.toml"


def defaults(text: str) -> str:
    """``text`` as Compose reads it where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def dockerfile() -> list[list[str]]:
    """The instructions, as words; lines that go on are one."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [[line.split()[0], *line.split()[1:]] for line in lines]


@pytest.mark.parametrize(
    ("linter", "words"),
    [
        ("hadolint", ("--failure-threshold", "info", "Dockerfile")),
        ("check-jsonschema", ("--builtin-schema", "vendor.compose-spec", "compose.yaml")),
    ],
)
def test_linters_find_nothing(linter: str, words: tuple[str, ...]) -> None:
    done = run_program(BIN / linter, *words, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_built_of_files_that_the_build_context_has_and_of_no_others() -> None:
    copied = {
        source
        for word, *rest in dockerfile()
        if word == "COPY" and not rest[0].startswith("--from")
        for source in rest[:-1]
    }
    for source in copied:
        assert (ROOT / source).exists(), source
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert "*" in ignored


def test_the_image_runs_as_nobody_special_on_a_pinned_base() -> None:
    instructions = dockerfile()
    bases = [rest[0] for word, *rest in instructions if word == "FROM"]
    assert len(set(bases)) == 1
    for image in {*bases, *(SERVICES[name]["image"] for name in SERVICES if name not in OURS)}:
        assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+", image), image
    last_base = max(place for place, (word, *_) in enumerate(instructions) if word == "FROM")
    final = instructions[last_base:]
    [user] = [rest[0] for word, *rest in final if word == "USER"]
    assert user.isdecimal()
    assert user != "0"
    [entry] = [" ".join(rest) for word, *rest in final if word == "ENTRYPOINT"]
    assert entry == '["pitboss"]'


def test_services_have_a_health_check_and_ports_for_this_machine_alone() -> None:
    for service in SERVICES.values():
        assert service["healthcheck"]["test"][0] == "CMD"
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), port
    for name in OURS:
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]
    published = {int(port.rpartition(":")[2]) for port in SERVICES["providers"]["ports"]}
    assert published - {8700} == {row.port for row in PROVIDERS.values()}


@pytest.mark.parametrize("name", OURS)
def test_the_services_commands_are_what_the_command_line_takes(name: str) -> None:
    held_against_the_command(["pitboss", *map(defaults, SERVICES[name]["command"])])


def test_secrets_are_named_for_every_service_that_needs_them() -> None:
    reported = set(COMPOSE["x-pitboss"]["environment"])
    assert set(re.findall(r'"env:(\w+)"', TARGET.read_text())) == reported
    [mounted] = SERVICES["providers"]["volumes"]
    assert mounted.split(":")[0] == f"./{TARGET.relative_to(ROOT)}"


class Composed:
    """The services of compose.yaml as processes of this machine, at ports of their own."""

    def __init__(self, folder: Path, postgres_url: str) -> None:
        self.folder, self.postgres_url = folder, postgres_url
        self.ports = {str(port): str(free_port()) for port in (8700, 8701, 8702, 8703, 8710)}
        self.environment = {
            name: defaults(value) for name, value in COMPOSE["x-pitboss"]["environment"].items()
        }
        (folder / "pitboss.toml").write_text(self.here(TARGET.read_text()))

    def here(self, text: str) -> str:
        """``text`` with this machine's addresses in place of the names of services."""
        text = re.sub(r"\b(?:client|providers):(?=87)|0\.0\.0\.0:(?=87)", "127.0.0.1:", defaults(text))
        text = re.sub(r"postgresql\+psycopg://\S+", self.postgres_url, text)
        text = text.replace("0.0.0.0", "127.0.0.1")
        return re.sub(r"\b87\d\d\b", lambda hit: self.ports[hit[0]], text)

    def command(self, name: str) -> list[str]:
        words = [self.here(word) for word in SERVICES[name]["command"]]
        if name == "client":
            return [*words, f"--port={self.ports['8710']}"]
        named = {"operator": "8701", "jackpot": "8702", "checkout": "8703", "console": "8700"}
        return [*words, *(f"--{which}-port={self.ports[port]}" for which, port in named.items())]

    def healthy(self, name: str) -> bool:
        _, _, *words = SERVICES[name]["healthcheck"]["test"]
        done = subprocess.run([sys.executable, *map(self.here, words)], check=False, capture_output=True)
        return done.returncode == 0


def test_the_services_start_answer_their_health_checks_and_the_client_is_judged(
    tmp_path: Path, postgres_url: str
) -> None:
    composed = Composed(tmp_path, postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with ExitStack() as running:
        for name in ("client", "providers"):
            assert not composed.healthy(name)
            process = running.enter_context(
                started(*composed.command(name), cwd=tmp_path, **composed.environment)
            )
            last = "listens at" if name == "client" else "Ctrl-C ends it"
            assert any(last in line for line in process.stdout), process.stderr.read()
            assert composed.healthy(name)
    with started(*composed.command("client"), cwd=tmp_path, **composed.environment) as client:
        assert any("listens at" in line for line in client.stdout)
        # docker compose run --rm --use-aliases providers check
        only = ("--only", "RES-01,VTK-01,CHK-01,OUT-01", "--effort", "quick")
        done = run_program(PITBOSS, "check", *only, cwd=tmp_path, **composed.environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 4 MUST rules hold." in done.stdout
