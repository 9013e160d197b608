"""Projections: latents (N, D) to a map (N, 2), one file each."""
