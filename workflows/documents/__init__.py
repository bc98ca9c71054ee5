"""Room: documents: from frozen data to paper. What an agreement says, the font it is set in, the typesetting.

Nothing here reads the database: `workflows/queries/agreements.py` fetches what is to be printed, and
`workflows/commands/agreements.py` keeps what was.
"""
