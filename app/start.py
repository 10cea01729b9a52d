"""The way into `claimline`: loads the command line with the garbage collector at rest, and runs it.

What is loaded stays; looking through it again and again for what could go is a sixth of the time in which a read has its answer.
"""

from __future__ import annotations

import gc
import sys


def main() -> None:
    gc.disable()
    try:
        from app import cli
    except KeyboardInterrupt:
        sys.stderr.write("claimline: stopped\n")
        sys.exit(130)
    finally:
        gc.freeze()
        gc.enable()
    cli.main()
