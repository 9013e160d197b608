"""Views: one page or pane per file."""
