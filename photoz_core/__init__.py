"""The engine: datasets, methods, the training loop, runs, projections and metrics."""

__version__ = "0.1.0"
