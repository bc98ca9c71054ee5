"""Room: help in plain words: entries written by us, found without a model and without the outside.

Pure: entries and words are data of this folder, read at the first question. The chat asks `ranking.find`.
"""
