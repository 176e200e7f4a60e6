"""`python -m dangol` is the same as `dangol`."""

from dangol.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
