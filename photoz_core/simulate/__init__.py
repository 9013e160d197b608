"""Simulators: datasets with known truth."""
