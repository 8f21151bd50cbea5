"""Pages, one module each; none contains SQL."""
