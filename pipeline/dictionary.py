"""The data dictionary as a page, made from the tables and the saved questions: ``python -m pipeline.dictionary``."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pipeline import tables as t
from pipeline.files import write_text
from pipeline.paths import CHECKOUT
from pipeline.questions import Question, questions
from pipeline.schema import Column, Table

PAGE = CHECKOUT / "data" / "DICTIONARY.md"

_HEAD = """\
# Data dictionary

Made by `python -m pipeline.dictionary` from `pipeline/tables/` and `pipeline/sql/questions/`; do not edit it by hand.
The same sentences are comments in the published warehouse: `chengqing sql NAME -q dictionary`.

*Personal* columns can lead to a private person, ids of posts among them. They stay on the coalition's machines:
`chengqing export NAME --for PARTNER --by WHO` writes a file without them and without claims of few authors.

## Ask

- `chengqing sql NAME -q QUESTION` runs a saved question, `chengqing sql NAME "select …"` any select;
  both are read-only.
- What it prints is masked: numbers, addresses and the like, by form; `--reveal REASON --by WHO` shows them and is
  recorded. DuckDB's own tools do not mask.
- Notebook: `data/notebooks/analyst.ipynb`, in any Jupyter whose kernel has this package; a test holds its figures
  against the desk's.
- DuckDB CLI: `duckdb -readonly data/warehouse/NAME.duckdb`, from the folder that holds `data/`. The command line
  must be 1.5 or newer. It keeps the version that it opened; open it again to see the next run.
- DBeaver: new connection, DuckDB, path to `data/warehouse/NAME.duckdb`; in the driver's properties set
  `duckdb.read_only` to `true`, or the connection holds a lock that others meet.
- Posts, vectors and observations are views over Parquet files below `data/`: a copy of the `.duckdb` file alone
  does not have them.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD, "## Saved questions\n", _questions(questions())]
    for title, listed in (
        ("Made by runs", (*t.DERIVED, t.VECTORS, t.OBSERVATIONS)),
        ("Decided by people, as of publishing", t.DECIDED),
        ("What the machine says of its own work", t.RECORDED),
    ):
        parts += [f"## {title}\n", *(_table(table) for table in listed)]
    return "\n".join(parts)


def _questions(asked: list[Question]) -> str:
    rows = [
        f"| `{q.name}` | {_cell(q.summary)} | {', '.join(f'`{name}`' for name in q.defaults)} |"
        for q in asked
    ]
    return "\n".join(["| question | what it answers | parameters |", "|---|---|---|", *rows, ""])


def _table(table: Table) -> str:
    rows = [
        f"| `{c.name}` | {_type(c)} | {_cell(c.comment)}{' *Personal.*' if c.personal else ''} |"
        for c in table.columns
    ]
    head = [
        f"### {table.name}\n",
        table.grain.capitalize() + "\n",
        "| column | type | meaning |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def _type(column: Column) -> str:
    kind = column.type
    name = "time, UTC" if pa.types.is_timestamp(kind) else str(kind)
    return name if column.nullable else f"{name}, never null"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(path: Path = PAGE) -> None:
    """Write the page."""
    write_text(path, page())


if __name__ == "__main__":
    main()
