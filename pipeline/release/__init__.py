"""A released statement in the forms that people read: every form carries the consented sentences unchanged."""
