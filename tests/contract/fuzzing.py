"""Room: what the fuzzer has to be taught: parts of an upload are bytes like any other."""

from __future__ import annotations

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
