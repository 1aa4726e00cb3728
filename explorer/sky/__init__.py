"""The map of the start page: what it shows, where that comes from, what it is allowed to load."""
