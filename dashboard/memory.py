"""What stays for ever is taken out of the garbage collector's sight.

Streamlit collects garbage after every run, through everything in memory and with all other sessions standing still:
with the modules and caches of the desk that took nearly half of the processor's time when ten people worked.
"""

from __future__ import annotations

import atexit
import gc
from functools import cache


@cache
def settle(page: str) -> None:
    """After the first run of each page: its modules and caches are there to stay."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # or libraries complain at the end that their objects are still there
