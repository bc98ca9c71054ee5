"""Room: one call outward: whatever comes back, it says what it is worth; it raises nothing and repeats nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from notifier.clients.transport import Answer, Http, Lost, call

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"


@asynccontextmanager
async def answering(answer: Callable[[int], bytes]) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that writes these bytes, whatever they are, and then hangs up unless they are a whole answer.

    Its address, and the heads of all requests.
    """
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # the other side hung up
            while True:
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                told = answer(len(heads))
                writer.write(told)
                if not told.startswith(OK):
                    break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", heads


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"\x00\x01 no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nxxxxx",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=["nothing", "half a head", "noise", "bad length", "half a body", "bad chunk", "bad gzip", "endless head"],
)
async def test_what_is_no_answer_may_have_been_applied(door: Http, answer: bytes) -> None:
    async with answering(lambda _: answer) as (url, heads):
        assert await call(door, "POST", url, content=b"{}") == Lost("connection_broken", left=True)
    assert len(heads) == 1


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "nonsense", "http://127.0.0.1:99999/"])
async def test_what_is_no_address_was_not_reached(door: Http, url: str) -> None:
    assert await call(door, "POST", url, content=b"{}") == Lost("connection_broken", left=False)


async def test_a_redirect_is_an_answer_and_is_not_followed(door: Http) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    async with answering(lambda _: moved) as (url, heads):
        assert await call(door, "GET", url) == Answer(302, None)
    assert len(heads) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_whose_kept_line_is_cut_is_not_repeated(door: Http, method: str) -> None:
    """Whoever sits behind a GET may have spent something on it: a sign-in code is good for one."""
    whole = OK + b'{"n": 1}'
    async with answering(lambda count: whole if count == 1 else b"") as (url, heads):
        assert await call(door, method, url) == Answer(200, {"n": 1})
        assert await call(door, method, url) == Lost("connection_broken", left=True)
    assert len(heads) == 2


async def test_an_answer_that_never_ends_is_given_up(door: Http) -> None:
    async with answering(lambda _: OK) as (url, _):
        assert await call(door, "GET", url, limit=0.2) == Lost("time_limit", left=True)
