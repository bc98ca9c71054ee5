"""Room: what the tests stand on: a database per worker, a Redis, a browser, programs of ours as children."""
