"""Pieces of pages: each turns records into a template or a form."""
