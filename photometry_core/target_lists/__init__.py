"""Lists of targets out of files that somebody brings: read, mapped to columns, checked row by row.

`reading` takes a file apart into texts (`contents`), `proposals` says which column is what and how
sure that is, and `checks` makes a `photometry_core.types.Target` of every row, or says what is
wrong with which cell. Nothing is left out and nothing is guessed without saying so.
"""
