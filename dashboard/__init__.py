"""The desk in a browser: pages show, queries fetch, functions decide."""
