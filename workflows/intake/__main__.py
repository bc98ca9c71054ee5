"""Room: the child process that makes one file over: bytes in by the standard input, what became of them out.

Out goes one line of JSON (`fault`, or what `Made` says beside its bytes), then the bytes.
"""

from __future__ import annotations

import json
import resource
import sys

MEMORY = 768 * 1024 * 1024  # of address space: the interpreter and its libraries take a third
SECONDS = 12  # of the processor


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    # Below the bounds from here on.
    from workflows.intake.faults import Unfit
    from workflows.intake.sieve import remake

    out = sys.stdout.buffer
    try:
        made = remake(sys.stdin.buffer.read())
    except Unfit as unfit:
        out.write(json.dumps({"fault": unfit.code}).encode() + b"\n")
    except MemoryError:
        out.write(json.dumps({"fault": "file_heavy"}).encode() + b"\n")
    else:
        said = {"fault": "", "media": made.media, "pages": made.pages, "dhash": made.dhash}
        out.write(json.dumps(said).encode() + b"\n" + made.data)
    out.flush()


if __name__ == "__main__":
    main()
