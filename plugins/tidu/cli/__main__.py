"""`python -m tidu.cli`: the same as the command `tidu`, where no script is installed."""

from tidu.cli import app

app()
