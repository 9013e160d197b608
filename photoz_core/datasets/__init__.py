"""Readers: one file per survey turns its published files into a `Dataset`."""
