"""Who we say we are: an honest name with an address where a site's owner finds us."""

from __future__ import annotations

import os

from pipeline.versions import code_version

ROBOTS_TOKEN = "chengqing"  # noqa: S105  the name that robots.txt files match, no secret
CONTACT_VARIABLE = "CHENGQING_CONTACT"


def user_agent() -> str:
    """``chengqing/<version> (+contact)``; the contact comes from ``CHENGQING_CONTACT``.

    Raises nothing: without a contact the text says where the desk should set one.
    """
    contact = os.environ.get(CONTACT_VARIABLE, "").strip() or "community misinformation desk"
    printable = "".join(c for c in contact if c.isascii() and c.isprintable() and c not in "()")
    return f"{ROBOTS_TOKEN}/{code_version()} (+{printable[:200]})"
