"""The page's section on each run: what it does, what must hold, its figures."""

from rungs import of_kind
from text import count, duration, latency, listing, percent, table, wrap


def shares(counts, head):
    if not counts:
        return []
    whole = sum(counts.values())
    return table(
        [head, "", "share"],
        ([what, count(number), percent(number, whole)] for what, number in counts.items()),
        right=(1, 2),
    )


SEARCHES = {
    "exhaustive": "every state",
    "bitstate": "bitstate: no proof",
    "endless loops": "every state, for endless runs",
}


def model(figures):
    worlds = (
        [
            f"`{one['name']}`",
            f"`{one['what']}`",
            count(one["states"]),
            count(one["depth"]),
            SEARCHES[one["search"]],
            "none" if one["errors"] == 0 else f"**{one['verdict']}**",
        ]
        for one in of_kind(figures, "configuration")
    )
    heads = ["world", "what is in it", "states", "depth", "search", "errors"]
    replayed = (
        [one["name"], one["found"], "yes" if one["errors"] == 0 else "**no**"]
        for one in of_kind(figures, "replay")
    )
    spoiled = (
        [one["name"], one["found"], "yes" if one["errors"] == 0 else "**no**"]
        for one in of_kind(figures, "wrong run")
    )
    return [
        *table(heads, worlds, right=(2, 3)),
        *wrap(
            "So that model and code stay one, runs of the code under the scheduler of the next "
            "rung are replayed in the model, which must be able to do what they did; and runs that were "
            "spoiled on purpose, which it must refuse."
        ),
        "",
        *table(["runs of the code, by case", "", "accepted"], replayed),
        *table(["spoiled runs", "", "refused"], spoiled),
    ]


def model_mutants(figures):
    def rows(kind):
        return [
            [f"`{one['name']}`", one["what"], one["found"], "yes" if one["errors"] == 0 else "**no**"]
            for one in of_kind(figures, kind)
        ]

    witnesses = rows("witnesses")
    heads = ["denied", "what must occur", "spin's words", "occurs"]
    return [
        *table(
            ["mutant", "the property that it breaks", "spin's words", "caught"], rows("mutants")
        ),
        *(table(heads, witnesses) if witnesses else []),
    ]


def explore(figures):
    rows = (
        [
            f"`{one['case']}`",
            one["what"],
            f"{one['preemptions']}, {one['crashes']}, {one['delays']}",
            count(one["executions"]),
            count(one["whole"]) if "whole" in one else "",
            count(one["states"]),
            "within the bounds, all" if one["complete"] else "cut short",
        ]
        for one in figures["results"]
    )
    heads = ["case", "", "preemptions, crashes, delays", "executions", "to their end"]
    return table([*heads, "states", "explored"], rows, right=(3, 4, 5))


def way(one):
    """The programs tell of most ways by what sets them apart from the first."""
    return one["path"].replace("the same,", "as `two`,")


def length(one, instructions):
    """Of a way: some are gone for so long, and no further."""
    return count(instructions) + ("" if one.get("to_its_end", True) else ", cut there")


def told(one, key):
    """A figure that documents of earlier programs lack."""
    return count(one[key]) if key in one else ""


def snapshots(figures):
    rows = (
        [
            f"`{one['scenario']}`",
            way(one),
            one["workers"],
            length(one, one["instructions"]),
            count(one["snapshots"]),
            told(one, "boundaries"),
            told(one, "memories"),
            count(one["ending_a_task"]),
            count(one["wrong"]),
        ]
        for one in figures["scenarios"]
    )
    heads = ["scenario", "way of the worker", "workers", "instructions", "snapshots"]
    heads = [*heads, "different boundaries", "different memories", "snapshots that end a task"]
    return [
        *wrap(
            "Two boundaries are different where they lie before different instructions or the memory "
            "says something else; what a worker does in a loop in which it only waits counts once. "
            "So does what it does to read the clock, which begins anew whenever the kernel's tick "
            "comes in its midst: that is looked at once each time."
            if "at_instructions" in figures
            else "How many of the snapshots are of different boundaries was not counted: one whose "
            "worker waits in a loop, as for the clock, is counted each time."
        ),
        "",
        *table([*heads, "wrong"], rows, right=(2, 3, 4, 5, 6, 7, 8)),
    ]


def kill_steps(figures):
    rows = (
        [
            f"`{one['scenario']}`",
            way(one),
            f"{one['workers']}, of which both go" if one["other_goes_on"] else one["workers"],
            one["retries"],
            length(one, one["longest_path"] or one.get("limit", 0)),
            count(one["kills"]),
            told(one, "different"),
            count(one["every"]),
            count(one["in_a_task"]),
            count(one["wrong"]),
        ]
        for one in figures["cells"]
    )
    heads = ["scenario", "way of the worker", "workers", "retries", "instructions", "kills"]
    heads = [*heads, "different", "instructions apart", "in a task", "wrong"]
    if "boundaries" in figures:
        counted = (
            f"In {count(figures['ways'])} way{'' if figures['ways'] == 1 else 's'}, of one scenario "
            f"and one number of workers each, {count(figures['boundaries'])} different numbers of "
            f"instructions, before {count(figures['at_instructions'])} different ones; with more "
            "retries, or with the other worker going, after the same numbers again."
        )
    else:
        counted = (
            "After how many different numbers of instructions was not counted: rows of the same "
            "scenario and workers kill after the same ones again."
        )
    return [*wrap(counted), "", *table(heads, rows, right=(3, 4, 5, 6, 7, 8, 9))]


def what_pools_told(figures):
    """Of the deaths; and which of them broke."""
    if "deaths" not in figures:
        return (
            "What the pools themselves counted of that, and which of them broke, is not in this "
            "document."
        )
    return (
        f"The pools told of {count(figures['deaths'])} deaths, "
        f"{count(figures['deaths_asked_for'])} of which the program had asked for (cancels, time "
        f"limits). {count(figures['pools_to_break'])} pools were to break: of "
        f"{count(figures['pools_that_had_to'])} a worker died, and the program had not asked for it; "
        f"{count(figures['broken_pools'])} broke. Of those that were hit in pools that went on "
        f"{count(figures['hit_when_ended'])} had ended in order before, or were not told of; "
        f"{count(figures['late_kills'])} were hit right before their pool's end, when nobody asks "
        "it any more."
    )


def led_on(figures):
    if "walks_possible" not in figures:
        return ""
    if not figures["walks_possible"]:
        return ", and none could be led on to an instant that is rare (ptrace)"
    return (
        f", {count(figures['walks'])} of them led on to an instant that is rare, where "
        f"{count(figures['arrivals'])} arrived"
    )


def faults_of(figures):
    return ", ".join(f"{what} {count(number)}" for what, number in figures["faults"].items())


def soak(figures):
    faults = faults_of(figures)
    return [
        *wrap(
            f"{count(figures['kills'])} times a worker was sent what kills, or ended itself, in "
            f"{count(figures['pools'])} pools; workers were stopped {count(figures['stops'])} times"
            f"{led_on(figures)}. "
            f"{what_pools_told(figures)} {count(figures['tasks'])} tasks began "
            f"{count(figures['begun'])} times, {count(figures['callbacks'])} callbacks ran. "
            f"Broken promises: **{faults}**."
        ),
        "",
        *shares(figures["kills_while"], "while the worker was"),
        *shares(figures["kills_by"], "by"),
        *shares({what: n for what, n in figures["told"].items() if n}, "what became of tasks"),
    ]


def soak_large(figures):
    large = figures["large"]
    looked_at = large["bytes_looked_at"] / (1 << 30)
    faults = faults_of(figures)
    return [
        *wrap(
            f"{count(large['kills'])} workers were killed in {count(large['pools'])} pools; "
            f"the largest results had {large['mebibytes']} MiB. {count(large['results_right'])} of them "
            f"were right, {count(large['results_lost'])} went with their worker; "
            f"{count(large['results_kept'])} times one that was finished before was looked at, "
            f"{count(large['results_of_dead_workers'])} times one of a worker that had died. "
            f"{count(large['arrays_right'])} times an array was right, and "
            f"{count(large['arrays_gone'])} arrays went. {looked_at:,.1f} GiB were looked at, word by "
            f"word. Broken promises: **{faults}**."
        ),
        "",
        *shares(large["kills_while"], "while the worker was"),
    ]


def ends(figures):
    faults = faults_of(figures)
    folders = (
        "Each client had a `/tmp` and a `/dev/shm` of its own, empty at first."
        if figures["own_folders"]
        else "Mount namespaces were not permitted: in `/tmp` and `/dev/shm` only names of pools were "
        "looked for."
    )
    orders = {what: number for what, number in figures["orders"].items() if number}
    return [
        *wrap(
            f"{count(figures['rounds'])} clients with a pool, in {count(figures['nobody'])} of which "
            f"nobody was there to be killed; {count(figures['kills'])} processes "
            f"were killed, {count(figures['stops'])} workers stopped first. "
            f"{count(figures['misses'])} were there no more, or not yet, when they were to be "
            f"killed. {count(figures['orphans_of_tasks'])} programs that tasks had started outlived "
            f"a client and a supervisor that were both killed, as they may. {folders} Broken "
            f"promises: **{faults}**."
        ),
        "",
        *shares({**orders, "nobody was there": figures["nobody"]}, "killed, in this order"),
        *shares(figures["while_it"], "at first, while the client"),
        *shares(figures["kills_of"], "killed"),
    ]


def peers(figures):
    loads = {"mixed": "tasks of all lengths", "tiny": "many empty tasks", "single": "one at a time"}
    rows = []
    heads = ["pool", "load"]
    for name, row in ((name, row) for name, of in figures["peers"].items() for row in of.items()):
        load, one = row
        heads = ["pool", "load", *one["became"], "kills", "tasks", "said to be lost", "lost"]
        became = (number or "" for number in one["became"].values())
        sums = (count(one[what]) for what in ("kills", "tasks", "told", "lost"))
        rows.append([name, loads.get(load, load), *became, *sums])
    whys = sorted(
        {
            f"{name}: {why}"
            for name, of in figures["peers"].items()
            for one in of.values()
            for why in one["whys"]
        }
    )
    return [
        *wrap(
            f"{count(figures['trials'])} pools each, of {figures['workers']} workers. "
            f"{figures['clients']} threads give tasks to a pool while up to "
            f"{count(figures['kills_of_each'])} of its workers are killed (SIGKILL), at random, "
            "some 10 ms apart, as long as it goes on; then 20 more tasks are to come back. Tasks "
            "are said to be lost where their futures say so, and lost where nothing is heard of "
            "them again though of others it is; of pools that broke or hung they are not counted."
        ),
        "",
        *table(heads, rows, right=range(2, len(heads))),
        *(f"- {why}" for why in whys),
        *([""] if whys else []),
    ]


def ended_by_limit(figures):
    if "endings" not in figures:
        return ""
    number = sum(n for what, n in figures["endings"].items() if "TaskTimeoutError" in what)
    return f" {count(number)} tasks and items of maps were ended by their time limit."


def scribble(figures):
    return [
        *wrap(
            f"{count(figures['corruptions'])} corruptions in {count(figures['pools'])} pools, "
            f"{count(figures['pools_broken'])} of which broke, as they may. The client: "
            f"hung {count(figures['faults']['hung'])}, "
            f"left over {count(figures['faults']['left over'])}.{ended_by_limit(figures)}"
        ),
        "",
        *shares(figures["of"], "written over"),
        *shares(figures.get("endings", {}), "tasks ended by"),
    ]


def fuzz(figures):
    rows = (
        [
            f"`{one['name']}`",
            count(one["executions"]),
            count(one["executions_per_second"]),
            count(one["corpus"]),
            count(one["branches_of_corpus"]),
            count(one["branches"]),
            count(one["new_units"]),
            count(one["crashes"]),
        ]
        for one in figures["targets"]
    )
    heads = [
        "target",
        "inputs",
        "a second",
        "in the corpus",
        "branches it reaches",
        "reached at the end",
        "inputs that reached more",
        "failures",
    ]
    return [
        f"{duration(figures['seconds_each'])} for each target.",
        "",
        *table(heads, rows, right=(1, 2, 3, 4, 5, 6, 7)),
    ]


def among(figures):
    """Which failures there are."""
    most = f"first {figures['most_of_a_call']}" if "most_of_a_call" in figures else "first so many"
    text = f"of the {most} calls of a kind in a process each one, with each error that it may have, "
    text += "that time or from then on"
    if "futex" in figures["left_alone"]:
        text += "; `futex` and the others below do not fail"
    if "does" not in figures:
        return text + "; the programs did not ask for a kill (`CancelMode::kill`) yet"
    programs = (f"`{name}`, {does}" for name, does in figures["does"].items())
    return f"{text}. The programs: {'; '.join(programs)}"


def syscalls(figures):
    rows = (
        [
            f"`{call}`",
            *(count(one[what]) for what in ("failed", "in_loader", "not_reached", "bad")),
        ]
        for call, one in sorted(figures["calls"].items())
    )
    heads = ["system call", "failed", "failed for the loader", "not made", "ended badly"]
    return [
        *wrap(
            f"{count(figures['runs'])} failures of {count(figures['possible'])}, drawn at random, a "
            f"program each: {among(figures)}. {count(figures['bad'])} ended badly. In "
            f"{count(figures['failed'])} the call failed, as strace says; in "
            f"{count(figures['in_loader'])} it failed for the loader, before `main`, which has its "
            f"own ways to end; in {count(figures['not_reached'])} it was not made as often as in "
            "the program that was listened to, so nothing failed."
        ),
        "",
        *table(heads, rows, right=(1, 2, 3, 4)),
        "Not failed:",
        "",
        *(f"- `{call}`: {why}." for call, why in sorted(figures["left_alone"].items())),
        "",
    ]


def threads(figures):
    rows = (
        [f"`{suite['name']}.{one['name']}`", one["result"].lower(), one["time"]]
        for suite in figures["testsuites"]
        for one in suite["testsuite"]
    )
    heads = ["test", "", "the last time it took"]
    return table(heads, rows, right=(2,))


def mutants(figures):
    rows = (
        [
            f"`{one['name']}`",
            one["removes"],
            f"`{one['caught_by']}`" if one["caught_by"] else "**nobody**",
            one["invariant"],
            f"`{one['output_line']}`" if one["output_line"] else "",
        ]
        for one in figures["mutants"]
    )
    heads = ["mutant", "what it removes", "caught by", "what it breaks", "what was said then"]
    return table(heads, rows)


BEHIND = "from the pidfd's notice to the future's error"


def wanted_times(figures):
    """Those of the program; and where it has judged p50 behind the pidfd alone, p99 as well."""
    wanted = list(figures["wanted"])
    if any(one["what"] == f"p99 {BEHIND}" for one in wanted):
        return wanted
    for row in figures["rows"]:
        middle = [
            one
            for one in wanted
            if one["what"] == f"p50 {BEHIND}" and one["megabytes"] == row["megabytes"]
        ]
        if not middle or "from the pidfd's notice" not in row["from_kill_to"]:
            continue
        found = row["p99_s"]
        limit = middle[0]["limit_s"]
        judged = {"what": f"p99 {BEHIND}", "found_s": found, "kept": found < limit}
        wanted.insert(wanted.index(middle[0]) + 1, {**middle[0], **judged})
    return wanted


def beside_python(figures):
    """Where Python's future is ready sooner than Muster's, of a worker that is killed."""
    p50 = {}
    for row in figures["rows"]:
        for name, begin in (("python", "Python's"), ("muster", "the future's error")):
            if row["from_kill_to"].startswith(begin):
                p50.setdefault(row["megabytes"], {})[name] = row["p50_s"]
    both = {size: one for size, one in p50.items() if len(one) == 2}
    if not both:
        return "Python's ProcessPoolExecutor was not measured beside it."
    ahead = [
        f"at +{size} MB ({latency(one['python'])}, Muster's {latency(one['muster'])})"
        for size, one in both.items()
        if one["python"] < one["muster"]
    ]
    if not ahead:
        return "Python's p50 until its future's error is ahead of Muster's at none of these sizes."
    return f"Python's p50 until its future's error is ahead {listing(ahead)}."


def detection(figures):
    rows = (
        [
            f"+{one['megabytes']} MB",
            one["from_kill_to"],
            one["tier"],
            latency(one["p50_s"]),
            latency(one["p99_s"]),
            latency(one["max_s"]),
            count(one["samples"]),
        ]
        for one in figures["rows"]
    )
    heads = ["worker", "from the kill to", "told by", "p50", "p99", "max", "kills"]
    wanted = (
        [
            f"+{one['megabytes']} MB",
            one["what"],
            f"under {latency(one['limit_s'])}",
            latency(one["found_s"]),
            "yes" if one["kept"] else "**no**",
        ]
        for one in wanted_times(figures)
    )
    remarks = [f"Remark: {one}." for one in figures.get("remarks", [])]
    return [
        *table(heads, rows, right=(3, 4, 5, 6)),
        *wrap(beside_python(figures)),
        "",
        *table(["worker", "what is wanted", "", "found", "kept"], wanted, right=(3,)),
        *remarks,
        *([""] if remarks else []),
    ]


SECTIONS = {
    "model": model,
    "model-mutants": model_mutants,
    "explore": explore,
    "snapshots": snapshots,
    "kill-steps": kill_steps,
    "soak": soak,
    "soak-large": soak_large,
    "ends": ends,
    "peers": peers,
    "scribble": scribble,
    "scribble-asan": scribble,
    "fuzz": fuzz,
    "syscalls": syscalls,
    "threads": threads,
    "mutants": mutants,
    "detection": detection,
}
