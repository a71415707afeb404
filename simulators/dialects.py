"""The wallet dialects that are built in: the documents' own, and files of other providers' by their names."""

from pathlib import Path
from typing import Final

from simulators.operator.dialect import Sportsbook

DEFAULT: Final = Sportsbook.name
SHIPPED: Final = {
    path.stem: path for path in sorted(Path(__file__).parent.joinpath("wallet", "dialects").glob("*.toml"))
}
NAMES: Final = (DEFAULT, *SHIPPED)
