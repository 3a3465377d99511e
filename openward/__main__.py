"""Lets `python -m openward` do what the command `openward` does."""

from openward.cli import main

if __name__ == "__main__":
    main(prog_name="openward")
