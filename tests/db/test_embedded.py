"""Room: the PostgreSQL that the house brings along: starting, finding it running, stopping, what a crash leaves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.embedded import EmbeddedPostgres, EmbeddedServerError

ROOT = Path(__file__).resolve().parents[2]


def up(server: EmbeddedPostgres) -> bool:
    return (server.data_dir / "postmaster.pid").exists()


def test_a_new_server_makes_its_folder_and_a_database_once(run_folder: Path) -> None:
    server = EmbeddedPostgres.start(run_folder / "postgres-new", throw_away=True)
    try:
        assert up(server)
        assert server.create_database("wangqian") is True
        assert server.create_database("wangqian") is False
        assert server.url("wangqian").startswith("asyncpg://postgres@/wangqian?host=/")
    finally:
        server.remove()


def test_a_copied_database_has_what_its_template_had(own_postgres: EmbeddedPostgres) -> None:
    own_postgres.create_database("model")
    own_postgres.psql("CREATE TABLE t AS SELECT 7 AS a", "model")
    own_postgres.create_database("copy", template="model")
    assert own_postgres.psql("SELECT a FROM t", "copy") == "7"


def test_a_wrong_statement_raises_with_the_servers_words(own_postgres: EmbeddedPostgres) -> None:
    with pytest.raises(EmbeddedServerError, match="nonsense"):
        own_postgres.psql("SELECT nonsense")
    with pytest.raises(ValueError, match="not a database name"):
        own_postgres.create_database('x"; DROP TABLE t; --')


def test_what_was_committed_is_there_after_stop_and_start(own_postgres: EmbeddedPostgres) -> None:
    own_postgres.psql("CREATE TABLE t AS SELECT 1 AS a")
    own_postgres.stop()
    assert not up(own_postgres)
    own_postgres.stop()  # harmless
    again = EmbeddedPostgres.start(own_postgres.data_dir, throw_away=True)
    assert again.psql("SELECT a FROM t") == "1"
    assert again.psql("SHOW fsync") == "off"


def test_a_server_whose_starter_was_killed_is_found_and_can_be_stopped(own_postgres: EmbeddedPostgres) -> None:
    """The library counts its holders and would never stop a server once one of them was killed."""
    program = "import sys, time; from pathlib import Path; from models.embedded import EmbeddedPostgres as E\n"
    program += "E.start(Path(sys.argv[1]), throw_away=True); print('up', flush=True); time.sleep(60)"
    own_postgres.stop()
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(own_postgres.data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "up\n"
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    found = EmbeddedPostgres.start(own_postgres.data_dir, throw_away=True)
    assert found.psql("SELECT 1") == "1"
    found.stop()
    assert not up(found)


def test_a_process_id_left_by_a_power_loss_is_not_taken_for_the_server(own_postgres: EmbeddedPostgres) -> None:
    note = own_postgres.data_dir / "postmaster.pid"
    lines = note.read_text().splitlines()
    own_postgres.stop()
    note.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))
    again = EmbeddedPostgres.start(own_postgres.data_dir, throw_away=True)
    assert again.psql("SELECT 1") == "1"


def test_a_folder_too_deep_for_a_socket_still_works(run_folder: Path) -> None:
    deep = run_folder / ("long-" * 20) / "postgres"
    server = EmbeddedPostgres.start(deep, throw_away=True)
    try:
        assert len(str(deep)) > 107
        assert server.psql("SELECT 1") == "1"
        assert str(deep) not in server.url()
    finally:
        server.remove()
        shutil.rmtree(deep.parent, ignore_errors=True)


def test_a_data_folder_that_is_broken_says_so(run_folder: Path) -> None:
    broken = run_folder / "broken"
    broken.mkdir()
    (broken / "PG_VERSION").write_text("18\n")
    began = time.monotonic()
    with pytest.raises(EmbeddedServerError, match="did not start"):
        EmbeddedPostgres.start(broken, throw_away=True)
    assert time.monotonic() - began < 30
    shutil.rmtree(broken)
