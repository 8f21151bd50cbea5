"""``python -m pipeline.cli`` is ``chengqing``."""

from pipeline.cli import main

main()
