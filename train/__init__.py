"""The command line, `photoz`."""
