"""Room: the store of what may be lost, in memory and on a real Redis, and without the Redis it counts on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.children import Child
from models.kit import new_id
from models.store import MemoryStore, RedisStore, Store, open_store
from tests.harness.redis import start_redis


@pytest.fixture(params=["memory", "redis"])
async def any_store(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Store]:
    opened: Store = MemoryStore() if request.param == "memory" else RedisStore(redis_url, prefix=f"t:{new_id()}:")
    yield opened
    await opened.close()


@pytest.mark.parametrize("value", ["文本 𠮷", 7, 1.5, True, None, [1, "二"], {"键": {"a": [None]}}])
async def test_a_value_comes_back_as_it_was(any_store: Store, value: object) -> None:
    await any_store.set("k", value, 60)
    assert await any_store.get("k") == value
    await any_store.delete("k")
    assert await any_store.get("k") is None


async def test_a_value_is_a_copy_and_must_be_json(any_store: Store) -> None:
    value = {"list": [1]}
    await any_store.set("k", value, 60)
    value["list"].append(2)
    assert await any_store.get("k") == {"list": [1]}
    with pytest.raises(TypeError):
        await any_store.set("k", object(), 60)


async def test_a_value_ends_with_its_time_to_live(any_store: Store) -> None:
    await any_store.set("k", "v", 0.05)
    assert await any_store.get("k") == "v"
    await asyncio.sleep(0.1)
    assert await any_store.get("k") is None


async def test_a_lock_has_one_holder_and_only_the_holder_gives_it_back(any_store: Store) -> None:
    tokens = await asyncio.gather(*(any_store.claim("lock", 60) for _ in range(20)))
    held = [token for token in tokens if token]
    assert len(held) == 1
    await any_store.release("lock", "somebody else's")
    assert await any_store.claim("lock", 60) is None
    await any_store.release("lock", held[0])
    assert await any_store.claim("lock", 60)


async def test_a_late_holder_does_not_give_back_the_next_ones_lock(any_store: Store) -> None:
    late = await any_store.claim("lock", 0.05)
    await asyncio.sleep(0.1)
    now = await any_store.claim("lock", 60)
    assert now
    await any_store.release("lock", str(late))
    assert await any_store.claim("lock", 60) is None


async def test_hits_above_the_limit_are_refused_with_the_time_to_wait(any_store: Store) -> None:
    counts = [await any_store.count("n", 3, 60) for _ in range(5)]
    assert [count.allowed for count in counts] == [True, True, True, False, False]
    assert [count.used for count in counts] == [1, 2, 3, 3, 3]
    assert counts[0].retry_after == 0
    assert 59 <= counts[4].retry_after <= 60
    assert (await any_store.count("another", 3, 60)).allowed


async def test_the_window_slides_and_refused_hits_do_not_lengthen_it(any_store: Store) -> None:
    began = time.monotonic()
    assert (await any_store.count("n", 1, 0.3)).allowed
    waited: list[float] = []
    while not (again := await any_store.count("n", 1, 0.3)).allowed:
        waited.append(again.retry_after)
        await asyncio.sleep(0.02)
    assert waited
    assert time.monotonic() - began < 2


async def test_looking_at_a_limit_counts_nothing(any_store: Store) -> None:
    for _ in range(5):
        assert (await any_store.count("n", 1, 60, add=False)).allowed
    await any_store.count("n", 1, 60)
    assert not (await any_store.count("n", 1, 60, add=False)).allowed


async def test_hits_that_come_together_never_exceed_the_limit(any_store: Store) -> None:
    counts = await asyncio.gather(*(any_store.count("n", 7, 60) for _ in range(50)))
    assert sum(count.allowed for count in counts) == 7


async def test_the_memory_forgets_what_has_run_out() -> None:
    moment = 0.0
    store = MemoryStore(clock=lambda: moment)
    for number in range(store.SWEEP_EVERY):
        await store.set(f"k{number}", number, 10)
        await store.count(f"n{number}", 1, 10)
    moment = 11.0
    for _ in range(store.SWEEP_EVERY):
        await store.set("last", 1, 10)
    assert set(store._values) == {"last"}
    assert not store._hits


def test_without_an_address_the_store_is_memory() -> None:
    assert isinstance(open_store(""), MemoryStore)


@pytest.fixture
async def mortal(tmp_path: Path) -> AsyncIterator[tuple[RedisStore, Child, int]]:
    """A store on a Redis of its own that the test may kill; the store, the server, its port."""
    server, url = start_redis(tmp_path)
    store = RedisStore(url, timeout=0.3)
    store.AWAY = 0.1
    yield store, server, int(url.rsplit(":", 1)[1].split("/")[0])
    await store.close()
    server.kill()


async def test_without_redis_this_process_goes_on_by_itself(mortal: tuple[RedisStore, Child, int]) -> None:
    store, server, _ = mortal
    await store.set("before", 1, 60)
    server.kill()
    assert await store.get("before") is None
    await store.set("k", "v", 60)
    assert await store.get("k") == "v"
    token = await store.claim("lock", 60)
    assert token
    assert await store.claim("lock", 60) is None
    await store.release("lock", token)
    assert await store.claim("lock", 60)
    await store.delete("k")
    assert await store.get("k") is None


async def test_without_redis_open_limits_count_here_and_closed_ones_refuse(
    mortal: tuple[RedisStore, Child, int],
) -> None:
    store, server, _ = mortal
    server.kill()
    assert [(await store.count("n", 2, 60)).allowed for _ in range(3)] == [True, True, False]
    refused = await store.count("otp", 2, 60, closed=True)
    assert not refused.allowed
    assert refused.retry_after > 0


async def test_when_redis_is_back_it_is_asked_again(mortal: tuple[RedisStore, Child, int], tmp_path: Path) -> None:
    store, server, port = mortal
    server.kill()
    await store.set("k", "here only", 60)
    again, _ = start_redis(tmp_path, port)
    try:
        async with asyncio.timeout(5):
            while store.away:
                await asyncio.sleep(0.02)
        assert await store.get("k") is None  # what was said meanwhile stays here and is not looked at again
        await store.set("k", "shared", 60)
        other = RedisStore(f"redis://127.0.0.1:{port}/0")
        assert await other.get("k") == "shared"
        await other.close()
    finally:
        again.kill()


async def test_a_restarted_redis_costs_no_answer(mortal: tuple[RedisStore, Child, int], tmp_path: Path) -> None:
    """Connections of the pool that the new server does not know are replaced without being noticed."""
    store, server, port = mortal
    await asyncio.gather(*(store.set(f"k{number}", number, 60) for number in range(5)))
    server.kill()
    again, _ = start_redis(tmp_path, port)
    try:
        await store.set("k", 1, 60)
        assert not store.away
    finally:
        again.kill()


async def test_a_slow_redis_is_left_alone_for_a_while(mortal: tuple[RedisStore, Child, int]) -> None:
    store, server, _ = mortal
    store.AWAY = 5.0
    await store.set("k", 1, 60)
    server.process.send_signal(19)  # SIGSTOP: it accepts connections and never answers
    began = time.monotonic()
    for _ in range(50):
        await store.get("k")
    assert time.monotonic() - began < 3
