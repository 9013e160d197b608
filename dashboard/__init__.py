"""The dashboard: a Panel app over photoz_core."""
