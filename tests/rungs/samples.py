"""Documents for tests: of each run a small one, in the format that its program writes."""

import document
from rungs import RUNS

MACHINE = {
    "processor": "a processor",
    "cpus": 2,
    "memory_gib": 4.0,
    "kernel": "6.1.0",
    "compiler": "g++ 12",
}

FAULTS = {"lost": 0, "duplicated": 0, "hung": 0, "wrong": 0, "left over": 0}

FIGURES = {
    "model": {
        "results": [
            {
                "kind": "configuration",
                "name": name,
                "what": "pool: WORKERS=2",
                "search": search,
                "states": states,
                "depth": 90,
                "verdict": "ok",
                "errors": 0,
            }
            for name, search, states in (
                ("small", "exhaustive", 1500000),
                ("large", "bitstate", 2.5e9),
            )
        ]
        + [
            {
                "kind": "replay",
                "name": "retry",
                "what": "WORKERS=1",
                "found": "50 runs",
                "errors": 0,
            },
            {
                "kind": "wrong run",
                "name": "a finish after the kill",
                "what": "kill",
                "found": "refused at event 7",
                "errors": 0,
            },
        ]
    },
    "model-mutants": {
        "results": [
            {
                "kind": "mutants",
                "name": "no_rouse",
                "what": "nobody sleeps for ever",
                "found": "invalid end state",
                "errors": 0,
            },
            {
                "kind": "witnesses",
                "name": "no_third_lap",
                "what": "a third lap",
                "found": "assertion violated",
                "errors": 0,
            },
        ]
    },
    "explore": {
        "results": [
            {
                "case": "retry",
                "what": "one task, twice",
                "preemptions": 2,
                "crashes": 1,
                "delays": 0,
                "executions": 4000,
                "states": 70000,
                "crashed": 3000,
                "complete": True,
            }
        ]
    },
    "snapshots": {
        "scenarios": [
            {
                "scenario": "asleep",
                "path": "wakes | sleeps",
                "workers": 1,
                "instructions": 20000,
                "snapshots": 20001,
                "boundaries": 9000,
                "memories": 120,
                "ending_a_task": 300,
                "wrong": 0,
                "to_its_end": True,
            },
            {
                "scenario": "sweep",
                "path": "sweeps",
                "workers": 1,
                "instructions": 40000,
                "snapshots": 0,
                "boundaries": 0,
                "memories": 0,
                "ending_a_task": 0,
                "wrong": 0,
                "to_its_end": False,
            },
        ],
        "at_instructions": 1800,
    },
    "kill-steps": {
        "cells": [
            {
                "scenario": "asleep",
                "path": "wakes, sleeps",
                "workers": 2,
                "retries": 1,
                "other_goes_on": True,
                "longest_path": 6000,
                "kills": 6001,
                "different": 5990,
                "every": 1,
                "in_a_task": 40,
                "wrong": 0,
            }
        ],
        "ways": 1,
        "boundaries": 5990,
        "at_instructions": 1700,
    },
    "soak": {
        "seed": 7,
        "kills": 10050,
        "stops": 9000,
        "walks_possible": True,
        "walks": 1251,
        "arrivals": 102,
        "kills_while": {"idle": 5050, "running": 5000},
        "kills_by": {"SIGKILL": 10000, "abort() in the task": 20, "SIGKILL by the task": 30},
        "pools": 40,
        "pools_to_break": 12,
        "pools_that_had_to": 10,
        "broken_pools": 10,
        "deaths": 10100,
        "deaths_asked_for": 70,
        "hit_when_ended": 5,
        "late_kills": 15,
        "tasks": 123456,
        "begun": 123999,
        "callbacks": 12,
        "told": {"value": 123456, "cancelled": 0},
        "faults": FAULTS,
    },
    "soak-large": {
        "large": {
            "mebibytes": 16,
            "kills": 155,
            "pools": 9,
            "deaths": 155,
            "kills_while": {"filling a result": 55, "writing to an array": 100},
            "results_right": 33,
            "results_lost": 31,
            "results_kept": 44,
            "results_of_dead_workers": 41,
            "arrays_right": 222,
            "arrays_gone": 211,
            "bytes_looked_at": 3 << 30,
            "most_memory_bytes": 300 << 20,
            "memory_left_bytes": 40 << 20,
        },
        "faults": FAULTS,
    },
    "ends": {
        "seed": 8,
        "rounds": 1200,
        "kills": 2500,
        "misses": 700,
        "stops": 90,
        "orphans_of_tasks": 40,
        "own_folders": True,
        "orders": {"client": 700, "client, then supervisor": 490},
        "nobody": 10,
        "while_it": {"makes its pool": 500, "uses its pool": 700},
        "kills_of": {"client by SIGKILL": 1200, "supervisor by SIGKILL": 1300},
        "faults": {
            "left process": 0,
            "left zombie": 0,
            "left memory or descriptor": 0,
            "left file": 0,
            "hung": 0,
            "wrong": 0,
        },
    },
    "peers": {
        "trials": 3,
        "workers": 2,
        "clients": 3,
        "kills_of_each": 10,
        "peers": {
            "Another pool": {
                "tiny": {
                    "became": {"went on": 1, "lost tasks": 0, "broke": 0, "hung": 1, "threw": 1},
                    "kills": 12,
                    "tasks": 3456,
                    "told": 1,
                    "lost": 0,
                    "whys": ["a queue is no queue"],
                }
            }
        },
    },
    "scribble": {
        "corruptions": 10000,
        "pools": 50,
        "pools_broken": 44,
        "of": {"a bit": 10000},
        "endings": {"a value": 5},
        "faults": FAULTS,
    },
    "scribble-asan": {
        "corruptions": 2000,
        "pools": 9,
        "pools_broken": 8,
        "of": {"a bit": 2000},
        "faults": FAULTS,
    },
    "fuzz": {
        "seconds_each": 60,
        "seed": 1,
        "targets": [
            {
                "name": "decode",
                "executions": 777,
                "executions_per_second": 12,
                "corpus": 12,
                "branches_of_corpus": 300,
                "branches": 310,
                "new_units": 3,
                "crashes": 0,
            }
        ],
    },
    "syscalls": {
        "runs": 300,
        "failed": 250,
        "in_loader": 40,
        "not_reached": 10,
        "possible": 4000,
        "most_of_a_call": 60,
        "does": {"plain": "tasks and a map", "death": "the same, and workers that die"},
        "bad": 0,
        "left_alone": {"futex": "a wake is not lost", "getpid": "it does not fail"},
        "calls": {"mmap": {"failed": 250, "in_loader": 40, "not_reached": 10, "bad": 0}},
    },
    "threads": {
        "tests": 1,
        "failures": 0,
        "testsuites": [
            {
                "name": "Workers",
                "testsuite": [{"name": "Run", "result": "COMPLETED", "time": "1.5s"}],
            }
        ],
    },
    "mutants": {
        "known": 30,
        "mutants": [
            {
                "name": "no_fence",
                "removes": "a fence",
                "caught_by": "muster-explore --case retry",
                "invariant": "no lost wake-up",
                "output_line": "retry: all sleep | a jam",
                "seconds": 3,
            },
            {
                "name": "no_wake",
                "removes": "a wake",
                "caught_by": "",
                "invariant": "no lost wake-up",
                "output_line": "",
                "seconds": 3,
            },
        ]
    },
    "detection": {
        "wanted": [
            {
                "megabytes": 0,
                "what": "p50 until the future's error",
                "limit_s": 0.0005,
                "found_s": 0.00025,
                "kept": True,
            }
        ],
        "rows": [
            {
                "megabytes": 0,
                "tier": "pidfd",
                "from_kill_to": what,
                "p50_s": 0.00025,
                "p99_s": 0.0015,
                "max_s": 0.0031,
                "samples": 200,
            }
            for what in (
                "the future's error, in a thread that slept for it",
                "the task, with a retry, on the other worker",
            )
        ]
    },
}


def sample(name, **other):
    """The document of a run that passed, but for what is given."""
    return {
        "run": name,
        "mode": "quick",
        "verdict": document.PASSED,
        "why": "",
        "command": f"build/{name} --quick",
        "commit": "0123456789ab",
        "changed": False,
        "machine": MACHINE,
        "date": "2026-01-02 03:04",
        "seconds": 12.3,
        "exit": 0,
        "words": [],
        "figures": FIGURES[name],
        **other,
    }


def fill(folder, *, without=(), **other):
    """A folder of results: one of each run, but `without` some, and others as given."""
    for run in RUNS:
        if run.name not in without:
            changes = other.get(run.name.replace("-", "_"), {})
            document.write(folder / f"{run.name}.json", sample(run.name, **changes))
