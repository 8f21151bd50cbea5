"""The matching form of a text, step by step: each module is one kind of folding.

Every step is a function from ``str`` to ``str`` over a *sheet*: many texts joined by line feeds, one per line. It
may change a line and may not add or remove one. Whole sheets are what makes a million posts take seconds.
"""
