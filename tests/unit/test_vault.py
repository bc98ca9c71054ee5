"""Room: sealed fields, blind indexes, and where the keys come from."""

from __future__ import annotations

import base64
import json
import multiprocessing
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import vault
from models.config import Profile, Settings

PLACE = "graduates.id_enc"
NUMBER = "110000200501010015"
KEY_A = base64.b64encode(b"a" * 32).decode()
KEY_B = base64.b64encode(b"b" * 32).decode()


def chosen(tmp_path: Path, **values: object) -> Settings:
    return Settings(var=tmp_path, **{"profile": Profile.TEST, **values})  # type: ignore[arg-type]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Work with these settings' keys for one test; back to the run's own keys afterwards."""

    def choose(**values: object) -> None:
        vault.forget_keys()
        monkeypatch.setattr(vault, "settings", lambda: chosen(tmp_path, **values))

    yield choose
    monkeypatch.undo()
    vault.forget_keys()


@given(st.text(min_size=1))
def test_what_is_sealed_opens_again(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return  # a lone surrogate is refused long before it gets here
    sealed = vault.seal(PLACE, text)
    assert vault.is_sealed(sealed)
    assert vault.is_current(sealed)
    assert vault.unseal(PLACE, sealed) == text


def test_a_sealed_text_shows_nothing_and_is_never_twice_the_same() -> None:
    one, two = vault.seal(PLACE, NUMBER), vault.seal(PLACE, NUMBER)
    assert one != two
    assert NUMBER not in one
    assert one.startswith("v1:local:")


def test_nothing_stays_nothing() -> None:
    assert vault.seal(PLACE, "") == ""
    assert vault.unseal(PLACE, "") == ""


def test_a_sealed_text_opens_only_where_it_stands() -> None:
    sealed = vault.seal(PLACE, NUMBER)
    with pytest.raises(vault.VaultError, match="does not open"):
        vault.unseal("graduates.phone_enc", sealed)


def test_one_changed_byte_is_noticed_and_the_error_quotes_nothing() -> None:
    head, _, body = vault.seal(PLACE, NUMBER).rpartition(":")
    raw = bytearray(base64.b64decode(body))
    for place in range(len(raw)):
        raw[place] ^= 1
        with pytest.raises(vault.VaultError) as caught:
            vault.unseal(PLACE, f"{head}:{base64.b64encode(raw).decode()}")
        assert body not in str(caught.value)
        raw[place] ^= 1


@pytest.mark.parametrize("text", [NUMBER, "v1:", "v1:local:", "v1:local:****", "v2:local:AAAA", "v1:local:AAAA"])
def test_what_is_no_sealed_text_is_refused(text: str) -> None:
    with pytest.raises(vault.VaultError):
        vault.unseal(PLACE, text)


def test_the_first_key_seals_and_the_older_ones_still_open(use) -> None:
    use(data_keys=f"k1:{KEY_A}", index_key=KEY_A, session_key=KEY_A)
    old = vault.seal(PLACE, NUMBER)
    use(data_keys=f"k2:{KEY_B}, k1:{KEY_A}", index_key=KEY_A, session_key=KEY_A)
    assert vault.unseal(PLACE, old) == NUMBER
    assert not vault.is_current(old)
    assert vault.seal(PLACE, NUMBER).startswith("v1:k2:")
    use(data_keys=f"k2:{KEY_B}", index_key=KEY_A, session_key=KEY_A)
    with pytest.raises(vault.VaultError, match="no key named k1"):
        vault.unseal(PLACE, old)


def test_the_blind_index_finds_equal_texts_and_keeps_kinds_and_keys_apart(use) -> None:
    use(data_keys=f"k:{KEY_A}", index_key=KEY_A, session_key=KEY_A)
    found = vault.blind_index("id_number", NUMBER)
    assert len(found) == 16
    assert vault.blind_index("id_number", NUMBER) == found
    assert vault.blind_index("mobile", NUMBER) != found
    use(data_keys=f"k:{KEY_A}", index_key=KEY_B, session_key=KEY_A)
    assert vault.blind_index("id_number", NUMBER) != found


def test_production_refuses_to_invent_keys(tmp_path: Path) -> None:
    with pytest.raises(vault.VaultError, match="WQ_INDEX_KEY, WQ_SESSION_KEY"):
        vault.load_keys(chosen(tmp_path, profile=Profile.PRODUCTION, data_keys=f"k:{KEY_A}"))
    assert not (tmp_path / "keys.json").exists()


def test_production_takes_keys_from_the_settings(tmp_path: Path) -> None:
    held = vault.load_keys(
        chosen(tmp_path, profile=Profile.PRODUCTION, data_keys=f"k:{KEY_A}", index_key=KEY_B, session_key=KEY_A)
    )
    assert (held.current, held.index) == ("k", b"b" * 32)
    assert "aaa" not in repr(held)


@pytest.mark.parametrize("text", ["k", "k:", "k:AAAA", "k:****", f"k:{KEY_A},k:{KEY_B}", f"a b:{KEY_A}"])
def test_malformed_keys_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(vault.VaultError):
        vault.load_keys(chosen(tmp_path, data_keys=text))


def test_invented_keys_are_kept_for_the_owner_alone(tmp_path: Path) -> None:
    first = vault.load_keys(chosen(tmp_path))
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert vault.load_keys(chosen(tmp_path)) == first
    assert len({*first.data.values(), first.index, first.session}) == 3
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def _invent(folder: str, told: multiprocessing.Queue[str]) -> None:  # type: ignore[type-arg]
    told.put(vault.load_keys(Settings(var=Path(folder), profile=Profile.TEST)).index.hex())


def test_processes_that_start_together_agree_on_the_invented_keys(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    told: multiprocessing.Queue[str] = fork.Queue()
    all_of_them = [fork.Process(target=_invent, args=(str(tmp_path), told)) for _ in range(8)]
    for process in all_of_them:
        process.start()
    heard = {told.get(timeout=20) for _ in all_of_them}
    for process in all_of_them:
        process.join(20)
    assert len(heard) == 1
    assert set(json.loads((tmp_path / "keys.json").read_text())) == {"data", "index", "session"}
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]
