"""Texts that carry one claim, together; texts that might, suggested; and why."""

from pipeline.group.config import GroupConfig, TextRuling
from pipeline.group.grouping import Grouping
from pipeline.group.run import group

__all__ = ["GroupConfig", "Grouping", "TextRuling", "group"]
