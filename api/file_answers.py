"""Room: what answers on files look like (see `answers.py`)."""

from api.shapes import Moment, Shape


class Attachment(Shape):
    """A file of a record. `id`: of the upload, by which a later round may name it again; `url`: of its bytes."""

    id: str
    field: str
    round: int
    name: str
    media: str
    bytes: int
    pages: int
    added_by: str
    added_at: Moment
    url: str


class FileState(Shape):
    """An upload. `offset`: bytes that are here; `done`: fit to be handed in; `fault`: why it was refused."""

    id: str
    name: str
    total: int
    offset: int
    media: str | None
    bytes: int
    pages: int
    done: bool
    fault: str | None


class FileBegun(Shape):
    id: str
    offset: int
