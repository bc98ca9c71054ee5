"""Room: the store of files: whole or not there, whatever the disk says, whenever the machine stops (catalogue F7)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from models import kit, storage
from models.config import settings
from models.storage import NotStoredError, StorageError

ROOT = Path(__file__).resolve().parents[2]
AGED = timedelta(hours=2)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store for one test alone."""
    monkeypatch.setattr(settings(), "var", tmp_path)
    return tmp_path / "files"


def everything(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def age(file: Path, hours: float = 2) -> None:
    moment = kit.now().timestamp() - hours * 3600
    os.utime(file, (moment, moment))


def test_bytes_are_found_again_under_their_hash(own_folder: Path) -> None:
    sha256 = storage.put(b"content")
    assert sha256 == hashlib.sha256(b"content").hexdigest()
    assert storage.get(sha256) == b"content"
    assert everything(own_folder) == [f"{sha256[:2]}/{sha256[2:]}"]


def test_the_same_bytes_twice_are_one_file(own_folder: Path) -> None:
    assert storage.put(b"content") == storage.put(b"content")
    assert len(everything(own_folder)) == 1


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "ab/../../x", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_hash_is_a_name(name: str) -> None:
    with pytest.raises(NotStoredError):
        storage.get(name)


def test_a_file_that_was_changed_on_the_disk_is_not_given_out(own_folder: Path) -> None:
    sha256 = storage.put(b"content")
    (own_folder / sha256[:2] / sha256[2:]).write_bytes(b"another")
    with pytest.raises(NotStoredError):
        storage.get(sha256)


def test_a_deleted_file_is_gone_and_may_be_deleted_twice() -> None:
    sha256 = storage.put(b"content")
    storage.delete(sha256)
    storage.delete(sha256)
    with pytest.raises(NotStoredError):
        storage.get(sha256)


# --- uploads on their way ------------------------------------------------------------------------


def test_parts_come_together_and_what_did_not_count_is_overwritten() -> None:
    upload = kit.new_id()
    storage.write_part(upload, 0, b"one-")
    storage.write_part(upload, 4, b"lost answer of a longer part")
    storage.write_part(upload, 4, b"two")
    assert storage.read_part(upload, 7) == b"one-two"
    storage.drop_part(upload)
    with pytest.raises(NotStoredError):
        storage.read_part(upload, 7)


def test_an_upload_that_lacks_bytes_is_not_read() -> None:
    upload = kit.new_id()
    storage.write_part(upload, 0, b"one")
    with pytest.raises(NotStoredError):
        storage.read_part(upload, 4)


# --- the disk says no ----------------------------------------------------------------------------

# In a process of its own, whose files may not grow beyond 64 KiB: the first write is cut short, the next one fails.
FULL = """
import resource, sys
from models import kit, storage
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
kept = storage.put(b"k" * 60000)
for write in (lambda: storage.put(b"x" * 100000), lambda: storage.write_part(upload, 60000, b"y" * 20000)):
    upload = kit.parse_id("01930000-0000-7000-8000-000000000001")
    try:
        write()
    except storage.StorageError as error:
        print("refused", error)
assert storage.get(kept) == b"k" * 60000
storage.put(b"k" * 60000)
storage.write_part(upload, 0, b"z" * 10)
print(kept)
"""


def in_a_process(code: str, var: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WQ_VAR": str(var)}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_a_full_disk_leaves_what_was_there_and_nothing_half(own_folder: Path) -> None:
    done = in_a_process(FULL, own_folder.parent)
    assert done.returncode == 0, done.stderr
    first, second, kept = done.stdout.splitlines()
    assert first.startswith("refused")
    assert second.startswith("refused")
    assert everything(own_folder) == [f"{kept[:2]}/{kept[2:]}", "parts/01930000-0000-7000-8000-000000000001"]


def _fails(name: str) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error", name)

    return fail


@pytest.mark.parametrize("step", ["fsync", "replace", "mkdir"])
def test_a_disk_that_fails_at_any_step_leaves_nothing(
    step: str, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(os if step == "fsync" else Path, step, _fails(step))
        with pytest.raises(StorageError):
            storage.put(b"content")
    assert everything(own_folder) == []
    assert storage.get(storage.put(b"content")) == b"content"


KILLED = """
import os, sys
from pathlib import Path
from models import storage
step = sys.argv[1]
at = os if step == "fsync" else Path
true = getattr(at, step)
def die(*given, **more):
    if sys.argv[2] == "after":
        true(*given, **more)
    os._exit(9)
setattr(at, step, die)
storage.put(b"content" * 1000)
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_machine_that_stops_at_any_step_leaves_a_whole_file_or_none(step: str, when: str, own_folder: Path) -> None:
    assert in_a_process(KILLED, own_folder.parent, step, when).returncode == 9
    sha256 = hashlib.sha256(b"content" * 1000).hexdigest()
    whole = [name for name in everything(own_folder) if not name.startswith("aside/")]
    assert whole in ([], [f"{sha256[:2]}/{sha256[2:]}"])
    assert bool(whole) is ((step, when) == ("replace", "after"))
    assert storage.get(storage.put(b"content" * 1000)) == b"content" * 1000
    for left in (own_folder / "aside").iterdir():
        age(left)
    storage.sweep_aside(kit.now() - timedelta(hours=1))
    assert len(everything(own_folder)) == 1


# --- sweeping ------------------------------------------------------------------------------------


def stored(before: timedelta = timedelta(hours=1)) -> list[str]:
    return [name for shelf in storage.shelves() for name in storage.stored(shelf, kit.now() - before)]


def test_only_what_is_old_enough_is_offered_to_the_sweep(own_folder: Path) -> None:
    old, young = storage.put(b"old"), storage.put(b"young")
    age(own_folder / old[:2] / old[2:])
    assert stored() == [old]
    assert storage.put(b"old") == old  # somebody sends the same bytes again
    assert stored() == []
    assert {old, young} == set(stored(timedelta(hours=-1)))


def test_a_file_that_was_put_again_meanwhile_is_not_discarded(own_folder: Path) -> None:
    sha256 = storage.put(b"content")
    assert not storage.discard(sha256, kit.now() - timedelta(hours=1))
    assert storage.get(sha256) == b"content"
    age(own_folder / sha256[:2] / sha256[2:])
    assert storage.discard(sha256, kit.now() - timedelta(hours=1))
    assert not storage.discard(sha256, kit.now() - timedelta(hours=1))
    assert everything(own_folder) == []


def test_no_sweep_takes_what_somebody_is_putting(own_folder: Path) -> None:
    """Both at once, over and over: whoever was told that the bytes are kept finds them."""
    lost: list[int] = []
    end = threading.Event()

    def sweep() -> None:
        while not end.is_set():
            for name in stored():
                storage.discard(name, kit.now() - timedelta(hours=1))

    sweeping = threading.Thread(target=sweep)
    sweeping.start()
    try:
        for turn in range(300):
            sha256 = storage.put(b"content")
            file = own_folder / sha256[:2] / sha256[2:]
            if turn % 2:  # an orphan of long ago; the sweep may come at any moment
                age(file)
                sha256 = storage.put(b"content")
                end.wait(0.002)  # a sweep that was looking meanwhile has put it back by then
                if not file.exists():
                    lost.append(turn)
    finally:
        end.set()
        sweeping.join()
    assert lost == []


def test_parts_on_their_way_are_offered_when_they_are_old(own_folder: Path) -> None:
    old, young = kit.new_id(), kit.new_id()
    storage.write_part(old, 0, b"x")
    storage.write_part(young, 0, b"x")
    (own_folder / "parts" / "no-upload").write_bytes(b"x")
    age(own_folder / "parts" / str(old))
    assert list(storage.parts(kit.now() - timedelta(hours=1))) == [UUID(str(old))]


def test_an_empty_store_can_be_swept() -> None:
    assert storage.shelves() == []
    assert storage.sweep_aside(kit.now()) == 0
    assert list(storage.parts(kit.now())) == []
