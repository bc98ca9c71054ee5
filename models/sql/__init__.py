"""Room: the engine's few hand-written statements (contracts 4: the ORM's writes reach 0.31 of these at 8 clients)."""
