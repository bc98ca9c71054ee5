"""Room: what the tests stand on: a database per file, a Redis, a browser, programs of ours as children."""
