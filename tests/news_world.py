"""A newsroom served by a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.local_news import News


@contextmanager
def served(news: News) -> Iterator[int]:
    """The port on which it is served."""
    command = [sys.executable, "-m", "benchmarks.local_news", str(news.articles), str(news.claims)]
    with subprocess.Popen(command, cwd=Path(__file__).parent.parent, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.terminate()
