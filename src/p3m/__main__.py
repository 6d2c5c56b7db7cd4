"""`python -m p3m` is `p3m`."""

from p3m.cli.main import app

app(prog_name="p3m")
