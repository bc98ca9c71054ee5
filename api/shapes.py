"""Room: what all answers are made of: the base that refuses unknown members, texts that stand everywhere."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", description="UTC")]
Masked = Annotated[str, Field(description="masked unless it is the reader's own")]
Codes = dict[str, Any]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
