"""The plot of a spectrum."""
