#!/usr/bin/env python3
"""manual_test.py PROGRAM FOLDER: that the man page and the completions of the tool, in FOLDER, know
all commands and options that PROGRAM --help tells, and no others; and that who reads them takes
them. The man page may know commands that this build does not have."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

program, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
page = os.path.join(folder, "muster.1")
bash_file = os.path.join(folder, "completions", "muster.bash")
zsh_file = os.path.join(folder, "completions", "_muster")
faults = []


def check(fine, sentence):
    if not fine:
        faults.append(sentence)


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, **more)


def options_in(text):
    return set(re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", text))


def help_of(*words):
    end = run(program, *words, "--help")
    check(end.returncode == 0, f"{words} --help fails")
    return end.stdout


def help_options(text):
    """Those that a paragraph "Options:" lists, at the beginnings of its lines."""
    listed = text.split("Options:\n", 1)[1].split("\n\n", 1)[0]
    found = set()
    for line in listed.splitlines():
        if line.startswith("  -"):
            found |= options_in(line.split("  ")[1])
    return found


def help_commands(text):
    listed = text.split("Subcommands:\n", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^  (\w+)  ", listed, re.MULTILINE)


def manual_options():
    """By command, and those of none under ""."""
    options, command = {}, ""
    with open(page, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith((".Ss ", ".Sh ")):
                command = line.split()[1] if line.startswith(".Ss ") else ""
            if line.startswith(".It Fl "):
                named = {"-" + name for name in re.findall(r"Fl (-?[a-z][a-z-]*)", line)}
                options.setdefault(command, set()).update(named)
            elif line.startswith(".Ss "):
                options.setdefault(command, set())
    return options


def bash_words(*words, path):
    """What bash would offer in place of the last word."""
    script = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _muster; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    end = run("bash", "--norc", "-c", script, "bash", bash_file, *words,
              env={**os.environ, "PATH": path})
    check(end.returncode == 0 and not end.stderr, f"bash: {words}: {end.stderr}")
    return set(end.stdout.split("\n")) - {""}


def zsh_words(function, path):
    """What it gives to zsh's own functions, which are replaced by such as print it."""
    script = (
        "_arguments() { print -rl -- $@ }; _describe() { print -rl -- ${(P)4} }; "
        "compadd() { print -rl -- ${(P)4} }; source $1 > /dev/null; line=($3); $2"
    )
    end = run("zsh", "-f", "-c", script, "zsh", zsh_file, function, "a pool",
              env={**os.environ, "PATH": path})
    check(end.returncode == 0 and not end.stderr, f"zsh: {function}: {end.stderr}")
    return end.stdout.splitlines()


def zsh_options(lines):
    found = set()
    for line in lines:
        word = re.sub(r"^\([^)]*\)", "", line)
        if word.startswith("-"):
            found.add(re.match(r"[a-z-]+", word).group())
    return found


def check_commands(path):
    top = help_of()
    commands = help_commands(top)
    check(len(commands) >= 8, f"few commands: {commands}")
    manual = manual_options()
    bash_commands = bash_words("muster", "", path=path)
    zsh_commands = {line.split(":")[0] for line in zsh_words("_muster_commands", path)}
    check(bash_commands == zsh_commands == set(manual) - {""},
          f"commands: bash {bash_commands}, zsh {zsh_commands}, manual {set(manual)}")
    check(bash_words("muster", "-", path=path) == help_options(top), "bash: options of muster")
    check(help_options(top) <= manual[""], "manual: options of muster")
    for command in commands:
        told = help_options(help_of(command))
        check(command in manual, f"{command} is not in the man page")
        known = manual.get(command, set()) | {"-h", "--help"}
        check(known == told, f"man page: {command}: {known ^ told}")
        by_bash = bash_words("muster", command, "-", path=path)
        check(by_bash == told, f"bash: {command}: {by_bash ^ told}")
        by_zsh = zsh_options(zsh_words(f"_muster_{command}", path))
        check(by_zsh == told, f"zsh: {command}: {by_zsh ^ told}")


# As the program prints them, with names that a shell would act on.
LIST = r"""{
  "schema": 1,
  "pools": [
    {
      "name": "plain",
      "id": "0123456789abcdef",
      "client": {
        "pid": 1,
        "name": "no pool"
      }
    },
    {
      "name": "$(touch owned) `touch owned`; a * b"
    },
    {
      "name": "with \" in it"
    }
  ]
}
"""
POOL = """{
  "schema": 1,
  "pool": {
    "name": "plain",
    "workers": [
      {
        "index": 0,
        "pid": 4711
      },
      {
        "index": 1,
        "pid": 4712
      }
    ]
  }
}
"""


def columns_of(*words):
    """Those that the program names where it is asked for one that there is not."""
    complaint = run(program, "top", *words, "--sort", "nonsense").stderr
    lists = re.findall(r"by ([a-z0-9, -]+)", complaint)
    return {word for one in lists for word in one.split(", ")}


def check_columns(path):
    of_pool = columns_of("plain")
    of_all = columns_of()
    check(len(of_pool) > 5 and of_pool < of_all, f"columns: {of_pool}, {of_all}")
    check(bash_words("muster", "top", "plain", "--sort", "", path=path) == of_pool,
          "bash: columns of workers")
    check(bash_words("muster", "top", "--sort", "", path=path) == of_all, "bash: columns")
    check(set(zsh_words("_muster_columns", path)) == of_pool, "zsh: columns of workers")


def check_names():
    """Pools and workers come from the program, and their names are nothing but names."""
    with tempfile.TemporaryDirectory() as place:
        with open(os.path.join(place, "muster"), "w", encoding="utf-8") as stub:
            stub.write(f"#!/bin/sh\ncase $1 in\nls) cat <<'END'\n{LIST}END\n;;\n"
                       f"show) cat <<'END'\n{POOL}END\n;;\nesac\n")
        os.chmod(stub.name, 0o755)
        path = place + ":" + os.environ["PATH"]
        here = os.getcwd()
        os.chdir(place)
        pools = bash_words("muster", "show", "", path=path)
        check(len(pools) == 2 and "plain" in pools and not os.path.exists("owned"),
              f"bash: pools {pools}")
        check(bash_words("muster", "show", "pl", path=path) == {"plain"}, "bash: begins as")
        check(bash_words("muster", "stack", "plain", "", path=path) == {"0", "1"}, "bash: workers")
        check(bash_words("muster", "stack", "--stuck", "1s", "pl", path=path) == {"plain"},
              "bash: a pool behind an option with a value")
        check(bash_words("muster", "tasks", "plain", "--state", "", path=path)
              == {"pending", "running", "ended"}, "bash: states")
        check(not bash_words("muster", "ls", "", path=path), "bash: ls takes no pool")
        check_columns(path)
        zsh_pools = zsh_words("_muster_pools", path)
        check(zsh_pools == ["plain", "$(touch owned) `touch owned`; a * b"], f"zsh: {zsh_pools}")
        check(zsh_words("_muster_workers", path) == ["0", "1"], "zsh: workers")
        check(not os.path.exists("owned"), "a pool's name was run")
        os.chdir(here)


def check_page():
    for words in (["groff", "-mandoc", "-ww", "-z", "-Tutf8", page],
                  ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page]):
        end = run(*words)
        check(end.returncode == 0 and not end.stderr, f"{words[0]}: {end.stderr}")
    if shutil.which("mandoc"):
        end = run("mandoc", "-Tlint", "-Wwarning", page)
        check(end.returncode == 0, f"mandoc: {end.stdout}")


missing = [name for name in ("bash", "zsh", "groff", "man") if not shutil.which(name)]
if missing:
    print("not here:", ", ".join(missing))
    sys.exit(77)
check(run("bash", "-n", bash_file).returncode == 0, "bash does not take its file")
check(run("zsh", "-n", zsh_file).returncode == 0, "zsh does not take its file")
check_page()
check_commands(os.environ["PATH"])
check_names()
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
