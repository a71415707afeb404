"""The OpenAPI documents as files and as pages: whole, not drifted and safe."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from simulators.checkout.api import create_app as checkout_app
from simulators.jackpot.api import create_app as jackpot_app
from simulators.operator.api import create_app as operator_app
from simulators.operator.delivery import Callbacks
from simulators.operator.simulator import Agreement, OperatorSimulator
from simulators.server import api_docs
from tests.simulators.checkout.running import quiet_checkout
from tests.simulators.jackpot.running import quiet_simulator
from tests.simulators.operator.tiny_client import channel
from tests.simulators.server.openapi_documents import DOCUMENTS, FOLDER, files, write

PASSWORD = "a password of the tests"


@contextmanager
def operator() -> Iterator[Any]:
    with channel() as (_, line):
        yield operator_app(OperatorSimulator(Agreement("client", PASSWORD), Callbacks(line)))


@contextmanager
def jackpot() -> Iterator[Any]:
    with quiet_simulator() as (simulator, _):
        yield jackpot_app(simulator)


@contextmanager
def checkout() -> Iterator[Any]:
    with quiet_checkout() as (simulator, _):
        yield checkout_app(simulator)


APPS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "operator": operator,
    "jackpot": jackpot,
    "checkout": checkout,
}


@pytest.fixture(params=list(DOCUMENTS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# -- as files


def test_the_files_are_what_the_code_generates() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {path.name for path in files()}
    for path, text in files().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} has drifted; run: python -m tests.simulators.server.openapi_documents"
        )


def test_the_command_writes_them(tmp_path: Path) -> None:
    write(tmp_path / "new")
    assert {path.name: path.read_text() for path in (tmp_path / "new").iterdir()} == {
        path.name: text for path, text in files().items()
    }


# -- as documents


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_a_document_is_whole(name: str) -> None:
    document = DOCUMENTS[name]()
    assert document["openapi"].startswith("3.1")
    assert document["webhooks"]
    schemas = document["components"]["schemas"]
    reported = {reference.rpartition("/")[2] for reference in references(document)}
    assert reported <= set(schemas)
    for schema in schemas.values():
        jsonschema_rs.meta.validate(schema)
    operations = [each for methods in document["paths"].values() for each in methods.values()]
    operations += [hook["post"] for hook in document["webhooks"].values()]
    ids = [each["operationId"] for each in operations]
    assert len(ids) == len(set(ids))
    schemes = set(document["components"]["securitySchemes"])
    assert {scheme for each in operations for need in each["security"] for scheme in need} <= schemes


def test_bodies_to_begin_with_hold_every_required_field(name: str) -> None:
    document = DOCUMENTS[name]()
    for methods in document["paths"].values():
        for operation in methods.values():
            if "requestBody" not in operation:
                continue
            schema = next(iter(operation["requestBody"]["content"].values()))["schema"]
            for choice in schema.get("oneOf", [schema]):
                wanted = document["components"]["schemas"][choice["$ref"].rpartition("/")[2]]
                assert set(wanted["required"]) <= set(api_docs.example(choice, document))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, ""),
        ({"type": ["string", "null"], "examples": ["x"]}, "x"),
        ({"const": 3}, 3),
        ({"enum": ["b", "a"]}, "b"),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, False),
        ({"type": "array", "items": {"type": "integer"}}, [0]),
        ({}, None),
        ({"$ref": "#/components/schemas/S"}, {"need": 0, "shown": 5}),
    ],
)
def test_a_value_to_begin_with(schema: dict[str, Any], expected: Any) -> None:
    properties = {
        "need": {"type": "number"},
        "shown": {"type": "number", "examples": [5]},
        "other": {"type": "number"},
    }
    document = {
        "components": {"schemas": {"S": {"type": "object", "required": ["need"], "properties": properties}}}
    }
    assert api_docs.example(schema, document) == expected


# -- as pages


def test_the_page_shows_all_and_asks_no_other_host(name: str) -> None:
    document = DOCUMENTS[name]()
    with APPS[name]() as app:
        client = app.test_client()
        assert client.get("/openapi.json").json == json.loads(json.dumps(document))
        home = client.get("/").text
        for address in re.findall(r'<a href="([^"]+)"', home):
            assert client.get(f"/{address}").status_code == 200
        answer = client.get(api_docs.PAGE)
        page = answer.text
        for file in ("/documentation.js", "/documentation.css"):
            assert client.get(file).status_code == 200
    for reported in (*document["paths"], *document["webhooks"], *document["components"]["schemas"]):
        assert f"<code>{reported}</code>" in page
    assert not re.search(r'(?:src|href)="(?!#|data:,"|documentation\.(?:css|js)"|openapi\.json")', page)
    assert page.count("<script") == 1
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    links = set(re.findall(r'href="#([\w-]+)"', page))
    assert links
    assert links <= set(re.findall(r'id="([\w-]+)"', page))


def test_looking_at_the_document_is_no_request_of_the_client() -> None:
    with channel() as (_, line):
        simulator = OperatorSimulator(Agreement("client", PASSWORD), Callbacks(line))
        client = operator_app(simulator).test_client()
        for path in ("/", "/openapi.json", api_docs.PAGE, "/documentation.js"):
            assert client.get(path).status_code == 200
        assert list(simulator.history) == []
