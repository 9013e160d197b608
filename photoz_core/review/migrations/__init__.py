"""Alembic's folder: each file of `versions/` is one step from an older schema to a newer one."""
