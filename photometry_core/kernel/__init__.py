"""The inner loops, compiled by numba.

Functions here work on plain arrays and numbers and raise nothing: what can go wrong is a
status that they return. All compiled code is in this package, because the cache on disk is
keyed by its sources.
"""
