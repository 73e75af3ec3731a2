"""Fuzzes doors, or replays an input: `python -m fuzz --help`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main() -> int:
    """Run what the command line asks for; return 1 where something failed."""
    if "--replay" not in sys.argv:
        # Before anything imports the package.
        from fuzz.instrumentation import import_instrumented  # noqa: PLC0415

        import_instrumented()
    from fuzz import campaign  # noqa: PLC0415
    from fuzz.doors import DOORS  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="tasks.py fuzz", description="Fuzz doors with atheris.")
    parser.add_argument("doors", nargs="*", metavar="DOOR", help=f"of {', '.join(DOORS)}")
    parser.add_argument("--minutes", type=float, default=0, help="for all of them (default: 10)")
    parser.add_argument("--inputs", type=int, default=0, help="for each of them, in their stead")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="check this input, and end")
    asked = parser.parse_args()
    unknown = set(asked.doors) - DOORS.keys()
    if unknown:
        parser.error(f"there is no door {', '.join(sorted(unknown))}: use {', '.join(DOORS)}")
    doors = [DOORS[name] for name in asked.doors] or list(DOORS.values())
    if asked.replay is not None:
        for door in doors:
            door.check(asked.replay.read_bytes())
        print(f"{asked.replay} breaks nothing.")
        return 0
    minutes = asked.minutes or (0 if asked.inputs else 10)
    return 1 if campaign.run(doors, minutes=minutes, inputs=asked.inputs) else 0


if __name__ == "__main__":
    sys.exit(main())
