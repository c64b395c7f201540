"""What a file in Chrome's trace event format must be to be read by Perfetto and chrome://tracing.

check(document) raises AssertionError at the first thing that is wrong. As a program it checks the
files that it is given.
"""

import json
import sys
from collections import defaultdict

NUMBER = (int, float)
# What is needed by each phase, beside ph, ts, pid and tid.
FIELDS = {
    "X": {"name": str, "cat": str, "dur": NUMBER, "args": dict},
    "s": {"name": str, "cat": str, "id": int},
    "t": {"name": str, "cat": str, "id": int},
    "f": {"name": str, "cat": str, "id": int, "bp": str},
    "i": {"name": str, "cat": str, "s": str, "args": dict},
    "C": {"name": str, "args": dict},
    "M": {"name": str, "args": dict},
}
OUTCOMES = {"finished", "failed", "died", "requeued", "cancelled", "running", "unknown"}


def ns(microseconds):
    return round(microseconds * 1000)


def check_fields(event):
    phase = event.get("ph")
    assert phase in FIELDS, f"no known phase: {event}"
    for name, kind in (FIELDS[phase] | {"ts": NUMBER, "pid": int, "tid": int}).items():
        assert isinstance(event.get(name), kind), f"{name} is to be {kind}: {event}"
    assert event["ts"] >= 0, f"before the pool was made: {event}"
    assert event["pid"] > 0 and event["tid"] > 0, f"a viewer keeps 0 for itself: {event}"
    if phase == "i":
        assert event["s"] in "tpg", f"no known scope: {event}"
    if phase == "C":
        assert all(isinstance(value, NUMBER) for value in event["args"].values()), event
    if phase == "X":
        assert event["dur"] > 0, f"takes no time: {event}"
        assert {"id", "sampling"} <= event["args"].keys(), event
        if event["cat"] == "task":
            assert event["args"]["attempt"] >= 1, event
            assert event["args"]["outcome"] in OUTCOMES, event


def check_slices(events):
    """Those of a track neither overlap nor nest: a worker does one thing at a time."""
    free = defaultdict(int)
    slices = defaultdict(list)
    for event in events:
        if event["ph"] != "X":
            continue
        begin, end = ns(event["ts"]), ns(event["ts"]) + ns(event["dur"])
        assert begin >= free[event["tid"]], f"begins before the one before it ends: {event}"
        free[event["tid"]] = end
        slices[event["tid"]].append((begin, end))
    return slices


def is_in_slice(event, slices):
    at = ns(event["ts"])
    return any(begin <= at < end for begin, end in slices[event["tid"]])


def check_flows(events, slices):
    """Each begins once, goes on, and ends once, in slices, and never back in time."""
    flows = defaultdict(list)
    for event in events:
        if event["ph"] in "stf":
            flows[event["id"]].append(event)
            assert is_in_slice(event, slices), f"an arrow without a slice: {event}"
    for flow in flows.values():
        phases = "".join(event["ph"] for event in flow)
        assert phases[0] == "s" and phases[-1] == "f", f"{phases}: {flow}"
        assert len(phases) >= 3 and set(phases[1:-1]) == {"t"}, f"{phases}: {flow}"
        assert flow[0]["tid"] == 1, f"submitted by no client: {flow[0]}"
        assert len({(event["name"], event["cat"], event["pid"]) for event in flow}) == 1, flow
    return flows


def check_names(events):
    """Every track has a name."""
    named = {e["tid"] for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
    assert {e["tid"] for e in events} <= named, "a track without a name"
    assert any(e["ph"] == "M" and e["name"] == "process_name" for e in events)


def check(document):
    events = document["traceEvents"]
    assert isinstance(document["otherData"], dict)
    # With "ms", Chrome's importer nests slices that are closer than a microsecond.
    assert document["displayTimeUnit"] == "ns"
    for event in events:
        check_fields(event)
    times = [event["ts"] for event in events]
    assert times == sorted(times), "not in order of time"
    check_names(events)
    check_flows(events, check_slices(events))


if __name__ == "__main__":
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            check(json.load(file))
        print(path, "is fine")
