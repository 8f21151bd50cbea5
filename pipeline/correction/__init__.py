"""What partners say together: drafts in four aligned texts, checks on them, consent, advice. Pure functions."""
