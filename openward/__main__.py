"""`python -m openward` is the `openward` command."""

from openward.cli import main

if __name__ == "__main__":
    main()
