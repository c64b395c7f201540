"""Runs programs beside each other as the processors allow, and keeps a document of each."""

import datetime
import os
import shlex
import shutil
import signal
import subprocess
import time

import document
from document import FAILED, INTERRUPTED, NOT_RUN, PASSED

# What a program exits with where the system does not permit what it needs.
SKIPPED = 77
# After an interrupt programs finish what they are at, and write what they have.
PATIENCE_S = 30
LAST_WORDS = 40


# What ends a run early. They are blocked and waited for, so that none comes in the midst of a step.
STOPS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
AWAITED = {*STOPS, signal.SIGCHLD}


def take_signals():
    """In a child, before it becomes a program: what its parent waits for is no concern of its."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED)


class Child:
    """A program that runs, in a process group of its own."""

    def __init__(self, run, mode, folder, cpus):
        self.run = run
        self.mode = mode
        self.cpus = cpus
        self.interrupted = False
        self.file = folder / f"{run.name}.json"
        self.figures = folder / f"{run.name}.figures.json"
        self.log = folder / f"{run.name}.log"
        self.figures.unlink(missing_ok=True)
        self.command = command_of(run, mode, self.figures)
        self.date = datetime.datetime.now(datetime.timezone.utc)
        self.began = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=document.ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=take_signals,
            )

    def send(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def interrupt(self):
        self.interrupted = True
        self.send(signal.SIGINT)

    def last_words(self):
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if line.strip()][-LAST_WORDS:]

    def ended(self, state):
        """Its document, written down. `state`: of the sources."""
        figures = document.read(self.figures)
        self.figures.unlink(missing_ok=True)
        verdict, why = judge(self, figures)
        found = {
            "run": self.run.name,
            "mode": self.mode,
            "verdict": verdict,
            "why": why,
            "command": shlex.join(self.command),
            **state,
            "date": self.date.strftime(document.DATE),
            "seconds": round(time.monotonic() - self.began, 1),
            "exit": exit_of(self.process.returncode),
            "words": [] if verdict == PASSED else self.last_words(),
            "figures": figures,
        }
        document.write(self.file, found)
        return found


def command_of(run, mode, figures):
    line = run.quick if mode == "quick" and run.quick else run.full
    try:
        figures = figures.relative_to(document.ROOT)
    except ValueError:
        pass
    words = shlex.split(line)
    return [word.format(json=figures, build=f"build/{run.preset}") for word in words]


def exit_of(code):
    return signal.Signals(-code).name if code < 0 else code


def judge(child, figures):
    """The verdict on a program that has ended, and why."""
    code = child.process.returncode
    words = child.last_words()
    last = words[-1] if words else "it said nothing"
    sentences = (figures or {}).get("sentences")
    if code == SKIPPED:
        return NOT_RUN, last
    # A promise that was broken before the interrupt is broken.
    if child.interrupted and not sentences:
        return INTERRUPTED, "what was measured by then was kept" if figures else "nothing was kept"
    if sentences or code != 0:
        said = sentences[0] if sentences else last
        how = f"killed by {exit_of(code)}" if code < 0 else f"exit code {code}"
        return FAILED, f"{how}: {said}"
    if figures is None:
        return FAILED, "it wrote no figures"
    try:
        least = child.run.least(figures)
    except KeyError as lacking:
        return FAILED, f"its figures do not say {lacking}"
    for what, (done, quick, full) in least.items():
        enough = quick if child.mode == "quick" else full
        if done < enough:
            return FAILED, f"it proves less than it should: {done:,} {what}, not {enough:,}"
    return PASSED, child.run.remark(figures)


def without(run, mode, folder, state, why):
    """The document of a run that could not begin."""
    found = {
        "run": run.name,
        "mode": mode,
        "verdict": NOT_RUN,
        "why": why,
        "command": shlex.join(command_of(run, mode, folder / f"{run.name}.figures.json")),
        **state,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime(document.DATE),
        "seconds": 0,
        "exit": None,
        "words": [],
        "figures": None,
    }
    document.write(folder / f"{run.name}.json", found)
    return found


def said(found):
    why = f": {found['why']}" if found["why"] else ""
    return f"{found['verdict']}{why}"


class Runner:
    """Keeps documents in `folder`; each says the `state` of the sources and of the machine."""

    def __init__(self, mode, folder, cpus, state):
        self.mode = mode
        self.folder = folder
        self.free = self.cpus = cpus
        self.state = state
        self.children = []
        self.stopped = False
        self.found = {}
        self.began = time.monotonic()

    def seconds(self):
        return time.monotonic() - self.began

    def say(self, run, text):
        print(f"{self.seconds():7.0f} s  {run.name:<14} {text}", flush=True)

    def run_all(self, runs, build):
        """The documents by name; of those that had begun, if it was interrupted. `build` takes
        runs, and execute() to build them with; it says of those that could not be built what went
        wrong, by their names."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)
        try:
            unbuilt = build(runs, self.execute)
            for run in runs:
                self.begin(run, unbuilt.get(run.name, ""))
            while self.children:
                self.await_one()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self.found

    def execute(self, command):
        """True if it ended well, and nobody wants to stop."""
        if self.stopped:
            return False
        process = subprocess.Popen(
            command, cwd=document.ROOT, start_new_session=True, preexec_fn=take_signals
        )
        while process.poll() is None:
            if signal.sigwait(AWAITED) in STOPS:
                self.stopped = True
                os.killpg(process.pid, signal.SIGINT)
        return process.returncode == 0 and not self.stopped

    def begin(self, run, why):
        if self.stopped or signal.sigpending() & STOPS:
            return
        wanted = min(run.cpus or self.cpus, self.cpus)
        program = command_of(run, self.mode, self.folder)[0]
        if "/" in program:
            program = document.ROOT / program
        for tool in (*run.tools, program):
            if not why and shutil.which(tool) is None:
                why = f"there is no {tool} here"
        if why:
            self.found[run.name] = without(run, self.mode, self.folder, self.state, why)
            self.say(run, said(self.found[run.name]))
            return
        while self.free < wanted:
            self.await_one()
        if self.stopped:
            return
        self.say(run, f"begins: {run.what}")
        self.children.append(Child(run, self.mode, self.folder, wanted))
        self.free -= wanted

    def await_one(self):
        """Until a program ends, or all are to."""
        if signal.sigwait(AWAITED) in STOPS:
            self.stop()
        self.reap()

    def reap(self):
        for child in list(self.children):
            if child.process.poll() is not None:
                self.end(child)

    def end(self, child):
        self.children.remove(child)
        self.free += child.cpus
        found = child.ended(self.state)
        self.found[child.run.name] = found
        self.say(child.run, f"ended after {found['seconds']:.0f} s: {said(found)}")
        if found["verdict"] != PASSED:
            for line in found["words"]:
                print(f"             | {line}", flush=True)

    def stop(self):
        """Ends the programs: in order if they can, by force when they take too long or at a second
        signal."""
        self.stopped = True
        self.reap()
        print("interrupted: the programs that run are ended", flush=True)
        groups = list(self.children)
        for child in groups:
            child.interrupt()
        until = time.monotonic() + PATIENCE_S
        while self.children and time.monotonic() < until:
            number = signal.sigtimedwait(AWAITED, max(0, until - time.monotonic()))
            if number is not None and number.si_signo in STOPS:
                break
            self.reap()
        for child in groups:
            child.send(signal.SIGKILL)
        for child in list(self.children):
            child.process.wait()
            self.end(child)
