"""The views, by what a visitor is doing: submitting, monitoring, looking at results."""
