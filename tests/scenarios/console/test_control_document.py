"""The OpenAPI document of the control API."""

from pathlib import Path

import jsonschema_rs
import requests

from loadtests.autoplay.sizes import SIZES
from scenarios.console.app import create_app
from scenarios.console.control_document import document
from tests.scenarios.console.running import console_inside


def test_the_document_tells_of_every_action_and_every_question(tmp_path: Path) -> None:
    with console_inside(tmp_path) as inside:
        said_by = requests.get(f"{inside.url}/openapi.json", timeout=30).json()
        assert jsonschema_rs.meta.is_valid(said_by["components"]["schemas"]["Problem"])
        reported = {
            (method.upper(), path) for path, methods in said_by["paths"].items() for method in methods
        }
        rules = create_app(inside.console).url_map.iter_rules()
        acting = {
            ("POST", rule.rule.replace("<int:number>", "{number}"))
            for rule in rules
            if "POST" in rule.methods and rule.endpoint != "login"
        }
        assert acting <= reported
        questions = ("/exchanges", "/exchanges/{number}", "/stores", "/autoplay")
        assert reported - acting == {("GET", path) for path in questions}
        page = requests.get(f"{inside.url}/documentation", timeout=30)
        assert page.status_code == 200
        assert "Control API" in page.text


def test_it_tells_the_sizes_of_autoplay() -> None:
    body = document(SIZES)["paths"]["/do/autoplay"]["post"]["requestBody"]
    sizes = body["content"]["application/json"]["schema"]["properties"]
    assert set(sizes) == set(SIZES)
    assert (sizes["rate"]["default"], sizes["copies"]["default"]) == ("1", "0.05")
