"""Write a sample incident's posts and gold labels from its hand-written material, reproducibly.

``python -m crawlers.samples.generate [incident]`` rewrites ``posts.jsonl`` and ``gold.jsonl`` under
``data/samples/<incident>/``. The gold labels say which claim each post carries; nothing that ranks may read them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
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
    files = generate(folder)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    sys.stdout.write(summary(files))


def summary(files: dict[str, bytes]) -> str:
    """Say how many posts there are by site and role, by how many authors, of how many claims."""
    posts = [json.loads(line) for line in files[POSTS].splitlines()]
    gold = [json.loads(line) for line in files[GOLD].splitlines()]
    lines = [f"{name}: {len(content)} bytes" for name, content in files.items()]
    lines.append(f"posts: {len(posts)}, authors: {len({post['author'] for post in posts})}")
    for what, rows in (("site", posts), ("role", gold)):
        counts = Counter(row[what] for row in rows)
        lines.append(f"by {what}: " + ", ".join(f"{name} {count}" for name, count in counts.most_common()))
    for role in ("rumor", "news"):
        mine = [row for row in gold if row["role"] == role]
        claims, families = {row["claim"] for row in mine}, {row["family"] for row in mine}
        lines.append(f"{role}: {len(claims)} claims in {len(families)} families")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
