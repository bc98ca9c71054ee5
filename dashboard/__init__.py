"""Room: the staff dashboard, a guest of the API: it owns no data, knows no rule, imports nothing of ours."""
