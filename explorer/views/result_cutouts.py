"""The cutouts of measurements."""
