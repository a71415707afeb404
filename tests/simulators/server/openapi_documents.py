"""The OpenAPI documents as files: ``python -m tests.simulators.server.openapi_documents`` writes ``docs/openapi``.

A test compares the files with what the code generates, so that none drifts.
"""

from pathlib import Path

from simulators.checkout import openapi as checkout_openapi
from simulators.jackpot import openapi as jackpot_openapi
from simulators.operator import openapi as operator_openapi
from simulators.server import api_docs

FOLDER = Path(__file__).parents[3] / "docs" / "openapi"
DOCUMENTS = {
    "operator": operator_openapi.document,
    "jackpot": jackpot_openapi.document,
    "checkout": checkout_openapi.document,
}


def files(folder: Path = FOLDER) -> dict[Path, str]:
    """Every file with the text that it should have."""
    return {folder / f"{name}.json": api_docs.text(document()) for name, document in DOCUMENTS.items()}


def write(folder: Path = FOLDER) -> None:
    """Write every file into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files(folder).items():
        path.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    write()
