"""docs/TOOL.md: each session in it is run again, and prints the same but for numbers.

A session is a block of lines of which those that begin with "$ " are commands, and the others what
the command above them printed. A line "..." stands for any number of lines, and a number, a time or
a size for any other.
"""

import os
import re
import subprocess
import tempfile
import unittest

import tool_runs
from tool_runs import Program

PAGE = os.path.join(os.path.dirname(__file__), "../../docs/TOOL.md")

# Commands that a test of their own runs, because they do not end.
ELSEWHERE = ("muster web",)


def sessions(text):
    """Pairs of a command and the lines that it printed."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def shape(line):
    """What stays the same of a line from one run to the next."""
    line = re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "#", line)
    line = re.sub(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8}([0-9a-f]{8})?\b", "#", line)
    line = re.sub(r"0x[0-9a-f]+", "#", line)
    line = re.sub(r"\d+(\.\d+)?(e[-+]\d+)?", "#", line)
    line = re.sub(r"#(m #s|h #m|d #h| ?(ns|us|ms|s|KiB|MiB|GiB|%))(?![a-z])", "#", line)
    line = re.sub(r"(?<=\s)-(?=\s)", "#", line)
    line = re.sub(r"\b(idle|parked)\b", "idle", line)
    return " ".join(line.split())


def matches(expected, printed):
    """Whether lines are those, where "..." is any number of them."""
    if not expected:
        return not printed
    if expected[0].strip() == "...":
        return any(matches(expected[1:], printed[n:]) for n in range(len(printed) + 1))
    if not printed or shape(expected[0]) != shape(printed[0]):
        return False
    return matches(expected[1:], printed[1:])


class Sessions(unittest.TestCase):
    def test_print_what_stands_there(self):
        with open(PAGE, encoding="utf-8") as file:
            found = sessions(file.read())
        self.assertGreater(len(found), 8)
        path = os.path.dirname(tool_runs.tool_path()) + ":" + os.environ["PATH"]
        with Program("workshop"), tempfile.TemporaryDirectory() as folder:
            for command, expected in found:
                if command.startswith(ELSEWHERE):
                    continue
                with self.subTest(command=command):
                    end = subprocess.run(
                        ["sh", "-c", command],
                        cwd=folder,
                        env=dict(os.environ, PATH=path, LC_ALL="C.UTF-8"),
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE,
                        timeout=tool_runs.WATCHDOG_SECONDS,
                        check=False,
                        text=True,
                    )
                    printed = end.stdout.splitlines()
                    if command == "muster ls":  # others may have pools meanwhile
                        printed = [l for l in printed if l.startswith(("NAME ", "workshop "))]
                    self.assertTrue(
                        matches(expected, printed),
                        "\n".join(["the page has", *expected, "and it prints", end.stdout])
                        + end.stderr,
                    )

    def test_are_of_every_command(self):
        with open(PAGE, encoding="utf-8") as file:
            text = file.read()
        listed = tool_runs.run_tool("--help").stdout.decode().split("Subcommands:\n", 1)[1]
        commands = set(re.findall(r"^  (\w+)  ", listed.split("\n\n", 1)[0], re.MULTILINE))
        shown = {command.split()[1] for command, _ in sessions(text)}
        self.assertEqual(commands, shown)
        self.assertEqual(commands, set(re.findall(r"^\| `muster (\w+).*` \|", text, re.MULTILINE)))

    def test_are_told_apart(self):
        self.assertTrue(matches(["a 1.5 ms -  b"], ["a  12 s 7 b"]))
        self.assertTrue(matches(["a", "...", "c"], ["a", "b", "b", "c"]))
        self.assertFalse(matches(["a", "b"], ["a"]))
        self.assertFalse(matches(["state ok"], ["state broken"]))


if __name__ == "__main__":
    tool_runs.main()
