#!/usr/bin/python3
"""Checks every #include of src/ and cpp_core/ against the order of the rooms in tools/rooms.txt."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def read_rooms():
    lines = (ROOT / "tools/rooms.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def room_of(name, rooms):
    """The index of the most particular room that the file is in; None: it is in none."""
    fits = [index for index, room in enumerate(rooms) if name == room or name.startswith(room + "/")]
    return max(fits, key=lambda index: len(rooms[index]), default=None)


def resolve(include):
    """The file of ours that is meant, as the compiler looks for it; None: it is somebody else's."""
    for folder in ("src", "cpp_core"):
        if (ROOT / folder / include).is_file():
            return f"{folder}/{include}"
    return None


def faults_of(name, rooms):
    room = room_of(name, rooms)
    if room is None:
        yield f"{name}: its room is not in tools/rooms.txt"
        return
    for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*(["<])([^">]+)', line)
        if not include:
            continue
        target = resolve(include[2])
        if ".." in include[2].split("/") or (target is None and include[1] == '"'):
            yield f"{name}:{number}: {include[2]} is not named from src/ or cpp_core/"
        elif target and ((below := room_of(target, rooms)) is None or below > room):
            yield f"{name}:{number}: {target} is above {rooms[room]} in tools/rooms.txt"


def main():
    rooms = read_rooms()
    files = [path.relative_to(ROOT).as_posix() for folder in ("src", "cpp_core")
             for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".c", ".cpp", ".h")]
    faults = [f"{room}: tools/rooms.txt names what is not there" for room in rooms if not (ROOT / room).exists()]
    faults += [fault for name in files for fault in faults_of(name, rooms)]
    print("".join(fault + "\n" for fault in faults), end="")
    return 1 if faults else 0


sys.exit(main())
