"""Alerts: ``facts`` finds what somebody should know, ``book`` keeps each once, ``outbox`` tells people."""

from pipeline.alerts.book import Alert, AlertBook, alert_file
from pipeline.alerts.config import AlertConfig, load_config
from pipeline.alerts.service import Alerts

__all__ = ["Alert", "AlertBook", "AlertConfig", "Alerts", "alert_file", "load_config"]
