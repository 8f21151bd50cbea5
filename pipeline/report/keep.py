"""A report that outlives its posts: written beside the ledger before a closed incident is purged."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipeline.incident import find_incident
from pipeline.paths import DataDir
from pipeline.release.bundle import write
from pipeline.report.figures import measure
from pipeline.report.forms import claims_csv, figures_csv, html
from pipeline.report.sheet import LANGUAGES, sheet


def keep_report(data: DataDir, incident: str) -> Path | None:
    """Write HTML and CSV of the incident's report (no words of strangers) and return the folder.

    ``None`` when nothing is published: then there is nothing to report on, and an earlier report stays.
    """
    if not data.published(incident).exists():
        return None
    told, figures = find_incident(data, incident), measure(data, [incident])
    made = {"claims.csv": claims_csv(figures)}
    for language in LANGUAGES:
        one = sheet(figures, (told.title(language),), language, datetime.now(UTC))
        made |= {
            f"report.{language}.html": html(one).encode(),
            f"figures.{language}.csv": figures_csv(figures, language),
        }
    folder = data.ledger.parent / "reports" / incident
    write(folder, made)
    return folder
