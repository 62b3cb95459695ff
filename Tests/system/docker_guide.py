"""The guide to deployment as somebody follows it: its commands are carried out as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "swarm-deployment.md"
SECTION = re.compile(r"^## (\d+)\. .*$", re.MULTILINE)
# A block that names a language is the content of a file.
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = re.compile(r"^(\w+)# ", re.MULTILINE)


def scripts(section: int, machine: str = "m1") -> list[str]:
    """What a section tells to do on this machine, a script for each block of commands."""
    parts = SECTION.split(GUIDE.read_text())
    text = parts[parts.index(str(section)) + 1]
    found = [_lines_of(machine, block) for block in BLOCK.findall(text)]
    assert found, f"section {section} of {GUIDE.name} has no commands"
    return found


def _lines_of(machine: str, block: str) -> str:
    """The lines for one machine; all of them, where no machine is named."""
    if not PROMPT.search(block):
        return block
    prompt = f"{machine}# "
    lines = block.splitlines(keepends=True)
    return "".join(line.removeprefix(prompt) for line in lines if line.startswith(prompt))
