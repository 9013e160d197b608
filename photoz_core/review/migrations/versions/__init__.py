"""Steps between schemas, oldest first."""
