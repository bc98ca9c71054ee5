"""Room: what answers on files look like (see `answers.py`)."""

from api.shapes import Shape


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
