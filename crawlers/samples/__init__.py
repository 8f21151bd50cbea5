"""A fictional incident and a local server that shows it as five real-looking sites: for demonstrations and tests."""
