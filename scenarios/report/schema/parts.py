"""What all parts of report.json are made of."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict

from scenarios.problems.plain_text import whole

# A number is written as it came: 5 stays 5, and 5.0 stays 5.0.
Number = int | float
# UTF-8 has no half characters, which a CLIENT can send; they are spelt out.
Text = Annotated[str, BeforeValidator(lambda text: whole(text) if isinstance(text, str) else text)]
# Keys that a part does not know are left alone.
PART = ConfigDict(extra="ignore", frozen=True)
