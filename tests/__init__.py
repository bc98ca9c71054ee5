"""Room: tests. A package, so that the harness is imported by its full name."""
