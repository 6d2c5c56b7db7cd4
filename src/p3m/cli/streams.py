"""Standard output as it is: a terminal, a pipe, or closed."""

import sys


def shown_on_terminal() -> bool:
    """Whether standard output is a terminal; it is none where it is closed, as under cron."""
    return sys.stdout is not None and sys.stdout.isatty()
