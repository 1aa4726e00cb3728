"""Flags and checks of a spectrum."""
