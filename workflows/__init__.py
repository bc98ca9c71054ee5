"""Room: the rules, and their public door.

`act` does one action on one record; `workflows.commands.*` are the other writes; `workflows.queries.*` are the reads;
`workflows.catalog` says what there is; `workflows.errors` is what can be answered instead of "done".
"""
