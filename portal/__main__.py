"""`python -m portal` does what the command `portal` does."""

from portal.cli import main

main(prog_name="portal")
