"""Write the shipped example: ``python -m hotspots.example --to DIR``."""

import argparse
from pathlib import Path

from hotspots.example import write_example


def main() -> None:
    """Read the one option and write the files."""
    parser = argparse.ArgumentParser(prog="python -m hotspots.example", description="Write the shipped example.")
    parser.add_argument("--to", type=Path, default=Path(), metavar="DIR", help="the area folder (here by default)")
    write_example(parser.parse_args().to)


if __name__ == "__main__":
    main()
