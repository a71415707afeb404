"""The base of what a table of a file says."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One table of a file. Unknown keys are errors, values cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)
