"""The web application: what a user sees, and the Django project that holds it together."""
