"""Retention: what is deleted when its time is up or a person asks, told before it happens and certified afterwards.

Decisions, statements and cited evidence are the coalition's own record and stay; posts of strangers go.
"""
