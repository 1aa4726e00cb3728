"""Tags of the pages' templates."""
"""What templates ask for by themselves."""
