#!/usr/bin/env python3
"""./dev prove: runs the rungs of the proof, and writes the page about them."""

import argparse
import dataclasses
import os
import pathlib
import shlex
import sys

import document
import page
from runner import Runner, said
from rungs import RUNS

PUBLISHED = document.ROOT / "docs" / "reliability"
PAGE = document.ROOT / "docs" / "RELIABILITY.md"


def command_line():
    parser = argparse.ArgumentParser(
        prog="./dev prove",
        description="Runs the rungs of the proof that a worker may die at any instruction, and "
        "keeps a document of each. Exits with 1 where one of them failed or could not run.",
        epilog="Rungs: "
        + ", ".join(f"{run.name} ({run.rung})" if run.rung else run.name for run in RUNS),
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="under 15 minutes on 2 processors")
    length.add_argument("--full", action="store_true", help="all of it, hours (the default)")
    parser.add_argument("--only", nargs="+", metavar="RUNG", help="these, by name or number")
    parser.add_argument(
        "--with",
        dest="more",
        metavar="ARGUMENTS",
        help="one string: more arguments for the program of the one rung that --only names, such "
        'as "--sample 20" for mutants',
    )
    parser.add_argument(
        "--results",
        type=pathlib.Path,
        metavar="FOLDER",
        default=document.ROOT / "build" / "prove",
        help="where documents are kept, build/prove",
    )
    parser.add_argument(
        "--report",
        action="store_true",
        help="instead of running: take over the documents that are kept into docs/reliability, "
        "and write docs/RELIABILITY.md from all that are there",
    )
    return parser


def chosen(parser, wanted, mode):
    if wanted is None:
        return [run for run in RUNS if run.quick or mode == "full"]
    known = {run.name for run in RUNS} | {str(run.rung) for run in RUNS if run.rung}
    for word in wanted:
        if word not in known:
            parser.error(f"there is no rung {word!r}; --help lists them")
    return [run for run in RUNS if run.name in wanted or str(run.rung) in wanted]


def with_more(parser, runs, more):
    """The one run with these arguments behind its own."""
    if len(runs) != 1:
        parser.error("--with needs --only with one rung")
    try:
        shlex.split(more)
    except ValueError as error:
        parser.error(f"--with {more!r} is no list of words: {error}")
    (run,) = runs
    more = more.replace("{", "{{").replace("}", "}}")  # the line is a format
    longer = {mode: f"{line} {more}" for mode in ("quick", "full") if (line := getattr(run, mode))}
    return [dataclasses.replace(run, **longer)]


def build(runs, execute):
    """What could not be built, by the name of its run, and why."""

    def built(preset, targets):
        return execute([document.ROOT / "dev", "build", preset, "--target", *targets])

    unbuilt = {}
    for preset in dict.fromkeys(run.preset for run in runs if run.targets):
        those = [run for run in runs if run.targets and run.preset == preset]
        targets = dict.fromkeys(target for run in those for target in run.targets)
        if built(preset, targets):
            continue
        # One by one, so that one that fails does not take the rest with it.
        for run in those:
            if not built(preset, run.targets):
                unbuilt[run.name] = f"{', '.join(run.targets)} could not be built ({preset})"
    for run in runs:
        program, *words = shlex.split(run.prepare) or [""]
        if program and not execute([document.ROOT / program, *words]):
            unbuilt[run.name] = f"{run.prepare} failed"
    return unbuilt


def prove(runs, mode, folder):
    commit, changed = document.commit()
    machine = document.machine()
    state = {"commit": commit, "changed": changed, "machine": machine}
    folder.mkdir(parents=True, exist_ok=True)
    cpus = int(os.environ.get("MUSTER_JOBS") or machine["cpus"])
    runner = Runner(mode, folder, cpus, state)
    found = runner.run_all(runs, build)
    print()
    good = True
    for run in runs:
        one = found.get(run.name)
        good = good and one is not None and one["verdict"] == document.PASSED
        number = run.rung or ""
        text = f"{one['seconds']:7.0f} s  {said(one)}" if one else "       -  not begun"
        print(f"{number:>2}  {run.name:<14} {text}")
    print(
        f"{'All passed' if good else 'NOT all passed'}, {runner.seconds():.0f} s. The documents "
        f"are in {folder}; ./dev prove --report makes a page of them."
    )
    return 0 if good else 1


def report(folder):
    PUBLISHED.mkdir(parents=True, exist_ok=True)
    for run in RUNS:
        found = document.read(folder / f"{run.name}.json")
        if found is not None:
            document.write(PUBLISHED / f"{run.name}.json", found)
    PAGE.write_text(page.text(PUBLISHED), encoding="utf-8")
    print(f"{PAGE.relative_to(document.ROOT)} is written.")
    return 0


def main():
    parser = command_line()
    options = parser.parse_args()
    mode = "quick" if options.quick else "full"
    runs = chosen(parser, options.only, mode)
    folder = options.results.absolute()
    if options.report:
        if options.quick or options.full or options.only or options.more is not None:
            parser.error("--report runs nothing: it takes --results and no more")
        return report(folder)
    if options.more is not None:
        runs = with_more(parser, runs, options.more)
    return prove(runs, mode, folder)


if __name__ == "__main__":
    sys.exit(main())
