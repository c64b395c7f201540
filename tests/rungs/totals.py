"""What all rungs come to, in one table: from the documents alone."""

from document import FAILED, PASSED
from rungs import of_kind, total
from text import count, latency, listing, table

# What a task did to its own worker, by the signal that came of it.
SIGNAL_OF = {"abort()": "SIGABRT", "exit()": "exit", "_exit()": "exit"}


def figures_of(documents, name):
    """None where there are none, or where nothing was finished."""
    found = documents.get(name)
    return found["figures"] if found else None


def verdict_of(documents, name):
    found = documents.get(name)
    return found["verdict"] if found else "not run"


def by_signal(soak, kill_steps):
    """All that was done to workers, or that their tasks did, as {signal: how many}."""
    kills = {}
    for what, number in (soak or {}).get("kills_by", {}).items():
        first = what.split()[0]
        signal = SIGNAL_OF.get(first, first)
        kills[signal] = kills.get(signal, 0) + number
    if kill_steps:
        kills["SIGKILL"] = kills.get("SIGKILL", 0) + total(kill_steps["cells"], "kills")
    return dict(sorted(kills.items(), key=lambda one: -one[1]))


def fault(soak, what):
    return count(soak["faults"][what])


def row(documents, names, what, make):
    """One row of a promise: what was seen, or why there is nothing to see."""
    names = names.split()
    lacking = [name for name in names if figures_of(documents, name) is None]
    if lacking:
        return [what, listing(f"{name}: {verdict_of(documents, name)}" for name in lacking)]
    seen = make(*(figures_of(documents, name) for name in names))
    bad = [name for name in names if verdict_of(documents, name) != PASSED]
    marks = "".join(f" (**{name}: {verdict_of(documents, name)}**)" for name in bad)
    return [what, seen + marks]


def client_crashes(documents):
    """A client that dies writes no figures: the runner saw it end by a signal."""
    return sum(
        1
        for name in ("scribble", "scribble-asan")
        if name in documents
        and documents[name]["verdict"] == FAILED
        and documents[name]["figures"] is None
    )


def first_row(detection, what, megabytes):
    for one in detection["rows"]:
        if what in one["from_kill_to"] and one["megabytes"] == megabytes:
            return one
    return None


def soonest(detection, what):
    found = first_row(detection, what, 0)
    if found is None:
        return "not measured"
    return f"p50 {latency(found['p50_s'])}, p99 {latency(found['p99_s'])}, of a small worker"


def rows(documents):
    def kills(soak, kill_steps):
        signals = by_signal(soak, kill_steps)
        parts = listing(f"{count(number)} by {name}" for name, number in signals.items())
        return f"{count(sum(signals.values()))}: {parts}"

    def told_of(soak):
        if "deaths" not in soak:
            return "not counted"
        return (
            f"{count(soak['deaths'])}, {count(soak['deaths_asked_for'])} of which the program had "
            f"asked for; {count(soak['broken_pools'])} pools broke of one, of "
            f"{count(soak['pools_that_had_to'])} that had to"
        )

    def large(soak):
        found = soak["large"]
        return (
            f"{count(found['kills'])}, with results of up to {found['mebibytes']} MiB; "
            f"{count(found['results_of_dead_workers'])} times a result of a worker that had died was "
            f"looked at, {count(found['arrays_right'])} times an array, and "
            f"{count(found['arrays_gone'])} arrays went when nobody held them any more"
        )

    def ended(ends):
        orders = sum(1 for number in ends["orders"].values() if number)
        hit = ends["rounds"] - ends["nobody"]
        return (
            f"{count(hit)}, in {orders} orders of client, supervisor and worker; in "
            f"{count(ends['nobody'])} more nobody was there to be killed"
        )

    def left(ends):
        return (
            f"{count(sum(ends['faults'].values()))}; {count(ends['orphans_of_tasks'])} programs that "
            "tasks had started outlived client and supervisor, which were both killed. No worker was "
            "stopped that was still being set up: it would stay then"
        )

    def looked_at(snapshots):
        whole = count(total(snapshots["scenarios"], "snapshots"))
        if "at_instructions" not in snapshots:
            return f"{whole} snapshots; how many of them are different was not counted"
        return (
            f"{count(total(snapshots['scenarios'], 'boundaries'))} different ones, at "
            f"{count(snapshots['at_instructions'])} instructions, in {whole} snapshots"
        )

    def killed_at(steps):
        kills = count(total(steps["cells"], "kills"))
        if "boundaries" not in steps:
            return f"{kills} kills; at how many different ones was not counted"
        return (
            f"{count(steps['boundaries'])} different ones, in {count(steps['ways'])} "
            f"way{'' if steps['ways'] == 1 else 's'}, at {count(steps['at_instructions'])} "
            f"instructions, with {kills} kills"
        )

    def failed(calls):
        most = f"{calls['most_of_a_call']}" if "most_of_a_call" in calls else "so many"
        futex = ", `futex` left out" if "futex" in calls["left_alone"] else ""
        return (
            f"{count(calls['failed'])}, {count(calls['bad'])} of which ended badly; among the first "
            f"{most} calls of a kind in a process{futex}"
        )

    def searched(model):
        # Those that are searched for endless runs are seen once more in that.
        worlds = [
            one for one in of_kind(model, "configuration") if one["search"] != "endless loops"
        ]
        cut = [one for one in worlds if one["errors"] != 0]
        every = [one for one in worlds if one["search"] == "exhaustive" and one not in cut]
        some = [one for one in worlds if one["search"] != "exhaustive" and one not in cut]
        text = f"{count(total(every, 'states'))} in {len(every)} worlds, every state that they have"
        if some:
            text += f"; {count(total(some, 'states'))} more, by bitstate, which is no proof"
        if cut:
            text += (
                f"; {count(total(cut, 'states'))} in {len(cut)} worlds whose search found an error "
                "or was cut short"
            )
        return text

    def explored(explore):
        results = explore["results"]
        whole = f", {count(total(results, 'whole'))} of them to their end"
        return (
            f"{count(total(results, 'executions'))}"
            f"{whole if all('whole' in one for one in results) else ''}, in which somebody died "
            f"{count(total(results, 'crashed'))} times"
        )

    def scribbled(plain, asan):
        return (
            f"{count(plain['corruptions'] + asan['corruptions'])}, "
            f"{count(asan['corruptions'])} of them under the address sanitizer"
        )

    def code_mutants(found):
        made = found["mutants"]
        # Earlier programs did not say how many there are.
        sample = f", a sample of {known}" if (known := found.get("known", 0)) > len(made) else ""
        return f"{len(made)} made{sample}; {sum(1 for one in made if one['caught_by'])} caught"

    def model_mutants(found):
        made = of_kind(found, "mutants")
        return f"{len(made)} made; {sum(1 for one in made if one['errors'] == 0)} caught"

    yield row(documents, "soak kill-steps", "workers killed, or ended by their own task", kills)
    yield row(documents, "soak", "deaths that the soak's pools told of", told_of)
    yield row(documents, "soak-large", "workers killed with large results or arrays in their hands", large)
    yield row(
        documents, "soak", "tasks run in the soak", lambda soak: count(soak["begun"])
    )
    for what, sentence in (
        ("lost", "of these lost"),
        ("duplicated", "run more often than permitted"),
        ("hung", "that somebody waited for in vain"),
    ):
        yield row(documents, "soak", sentence, lambda soak, what=what: fault(soak, what))
    yield row(documents, "ends", "pools whose processes were killed in any order", ended)
    yield row(
        documents,
        "ends",
        "of these that left something behind, hung or answered wrongly",
        left,
    )
    yield row(
        documents,
        "snapshots",
        "instruction boundaries at which the control segment was copied and recovered",
        looked_at,
    )
    yield row(
        documents,
        "kill-steps",
        "numbers of instructions after which a worker was killed",
        killed_at,
    )
    yield row(documents, "model", "states of the model", searched)
    yield row(documents, "explore", "executions of the scheduler", explored)
    yield row(documents, "scribble scribble-asan", "corruptions of the shared memory", scribbled)
    yield ["of these that crashed the client", count(client_crashes(documents))] if any(
        figures_of(documents, name) for name in ("scribble", "scribble-asan")
    ) else row(documents, "scribble", "of these that crashed the client", lambda _: "")
    yield row(
        documents,
        "fuzz",
        "inputs made up by libFuzzer",
        lambda fuzz: count(total(fuzz["targets"], "executions")),
    )
    yield row(
        documents,
        "syscalls",
        "programs run in which a system call failed",
        failed,
    )
    yield row(documents, "mutants", "broken variants of the code", code_mutants)
    yield row(documents, "model-mutants", "broken variants of the model", model_mutants)
    yield row(
        documents,
        "detection",
        "from the kill to the future's error",
        lambda found: soonest(found, "the future's error"),
    )
    yield row(
        documents,
        "detection",
        "from the kill to the task running elsewhere",
        lambda found: soonest(found, "on the other worker"),
    )


def lines(documents):
    return table(["", "seen"], rows(documents))
