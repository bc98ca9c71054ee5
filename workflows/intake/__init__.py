"""Room: what a stranger sends is never kept: a file is read, judged and made anew here, away from everything else.

`making.make_over` is the door. Each file is worked on by a child process of its own (`python -m workflows.intake`) with
bounds on memory and time, without settings, keys or a database: decoders are the most attacked code of the house.
"""
