"""Tables out of files that somebody brings, whatever program wrote them.

Nothing in such a file is trusted: `limits` bounds it, `packing` says what it is, and one module
per format takes it apart into plain columns (`contents`).
"""
