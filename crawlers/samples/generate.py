"""Write a sample incident's posts and gold labels from its hand-written material, reproducibly.

``python -m crawlers.samples.generate [incident]`` rewrites ``posts.jsonl`` and ``gold.jsonl`` under
``data/samples/<incident>/``. The gold labels say which claim each post carries; nothing that ranks may read them.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from crawlers.samples.material import load
from crawlers.samples.plan import plan
from crawlers.samples.records import DEFAULT_INCIDENT, incident_folder
from crawlers.samples.weave import weave

POSTS, GOLD = "posts.jsonl", "gold.jsonl"


def generate(folder: Path) -> dict[str, bytes]:
    """Return the bytes of both files by name; a pure function of ``folder/material``."""
    material = load(folder / "material")
    posts, gold = weave(plan(material), material)
    return {POSTS: _lines([asdict(post) for post in posts]), GOLD: _lines(gold)}


def _lines(rows: list[dict[str, object]] | list[dict[str, str | bool | None]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8")


def main(arguments: list[str] | None = None) -> None:
    """Rewrite the files of one incident and say how many rows each holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("incident", nargs="?", default=DEFAULT_INCIDENT)
    folder = incident_folder(parser.parse_args(arguments).incident)
    for name, content in generate(folder).items():
        (folder / name).write_bytes(content)
        count = content.count(b"\n")
        sys.stdout.write(f"{name}: {count} rows, {len(content)} bytes\n")


if __name__ == "__main__":
    main()
