"""`python -m handlers` is `heed`."""

from handlers.cli import main

if __name__ == "__main__":
    main(prog_name="heed")
