"""Room: one file per menu entry. A view asks the API and draws; it judges nothing."""
