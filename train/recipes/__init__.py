"""Recipes: one TOML per method and kind of data, each with the presets `paper` and `demo`."""
