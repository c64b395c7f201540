"""What a run left: the figures of its program, and what they are worth nothing without.

A document is a JSON file, NAME.json, in a folder of results:

    run      its name, as in rungs.py         date     when it began, in UTC
    mode     quick or full                    seconds  how long it took
    verdict  passed, failed, not run or interrupted
    why      a sentence; of one that passed   words    the last lines it printed, unless it passed
             a remark, or ""
    command  what was executed                exit     its exit code, or the signal it died of
    commit   of the sources                   changed  whether they had changes besides
    machine  processor, cpus, memory, kernel, compiler
    figures  what the program itself wrote; null where it wrote nothing
"""

import json
import os
import pathlib
import platform
import subprocess

PASSED = "passed"
FAILED = "failed"
NOT_RUN = "not run"
INTERRUPTED = "interrupted"

DATE = "%Y-%m-%d %H:%M"

ROOT = pathlib.Path(__file__).resolve().parents[2]


def output_of(*command):
    """"" where there is no such command, or it fails."""
    try:
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def commit():
    """The commit of the sources, and whether they have been changed since. Documents are none."""
    head = output_of("git", "rev-parse", "--short=12", "HEAD")
    if not head:
        return "unknown", False
    return head, bool(output_of("git", "status", "--porcelain", "--", ".", ":!docs"))


def field(file, name):
    """The first line "NAME : VALUE" of a file of /proc; "" without one."""
    try:
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                key, _, value = line.partition(":")
                if key.strip() == name:
                    return value.strip()
    except OSError:
        pass
    return ""


def machine():
    kilobytes = field("/proc/meminfo", "MemTotal").split()
    return {
        "processor": field("/proc/cpuinfo", "model name") or platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(kilobytes[0]) / 2**20, 1) if kilobytes else 0,
        "kernel": platform.release(),
        "compiler": output_of("g++", "--version").partition("\n")[0],
    }


def read(file):
    """None where it is not there. One that is there and cannot be read is an error."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SystemExit(f"{file} is no JSON ({error}); remove it, or run it again.") from error


def write(file, document):
    """Whole or not at all. Where these sources lie is of this machine and stays out of it."""
    here = json.dumps(f"{ROOT}/")[1:-1]
    text = json.dumps(document, indent=1).replace(here, "")
    unfinished = file.with_name(file.name + ".part")
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.replace(file)
