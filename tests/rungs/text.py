"""Figures and tables as Markdown."""

import textwrap


def count(number):
    """1234567 as "1,234,567". Spin writes large ones as 1.2345e+08."""
    number = float(number)
    return f"{int(number):,}" if number == int(number) else f"{number:,.1f}"


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "none"


def duration(seconds):
    """How long a run took: whole seconds, minutes or hours."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def latency(seconds):
    """A time that was measured, with three digits."""
    for unit, size in (("s", 1), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds < 1000 * size else f"{seconds:.0f} s"
    return f"{seconds * 1e6:.3g} us"


def listing(things):
    """"a", "a and b", "a, b and c"."""
    things = list(things)
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)


def wrap(sentences):
    return textwrap.wrap(sentences, 100, break_long_words=False, break_on_hyphens=False)


def cell(thing):
    """A table's bars and line ends are its own."""
    return str(thing).replace("|", "\\|").replace("\n", " ")


def table(heads, rows, right=()):
    """`right`: the columns of figures, by number."""
    marks = ["---:" if column in right else "---" for column in range(len(heads))]
    lines = [heads, marks, *rows]
    return ["| " + " | ".join(cell(one) for one in line) + " |" for line in lines] + [""]
