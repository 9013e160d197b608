"""Metrics: points, PDFs, latents."""
