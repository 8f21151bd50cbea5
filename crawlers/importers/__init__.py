"""Files that analysts already hold, read row by row into the raw layer."""
