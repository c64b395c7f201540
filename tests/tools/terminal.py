"""A program in a terminal of its own, and what stands on its screen."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

import pyte

PATIENCE = float(os.environ.get("MUSTER_TEST_WATCHDOG_SECONDS", "60"))


class Screen(pyte.Screen):
    """Knows how to scroll, too."""

    def scroll_up(self, lines=1):
        self._scroll(lines, self.index, lambda top, bottom: bottom)

    def scroll_down(self, lines=1):
        self._scroll(lines, self.reverse_index, lambda top, bottom: top)

    def _scroll(self, lines, step, edge):
        before = self.cursor.y
        top, bottom = self.margins or (0, self.lines - 1)
        self.cursor.y = edge(top, bottom)
        for _ in range(lines or 1):
            step()
        self.cursor.y = before


class Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "S": "scroll_up", "T": "scroll_down"}
    events = pyte.ByteStream.events | {"scroll_up", "scroll_down"}


class Terminal:
    """Runs a program as a shell does: with the terminal as its own, in the foreground."""

    def __init__(self, arguments, rows=24, columns=80, environment=None):
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.written = b""
        self.status = None
        self.master, self.slave = pty.openpty()
        self._set_size(rows, columns)
        self.modes_before = termios.tcgetattr(self.slave)
        self.pid = os.fork()
        if self.pid == 0:
            self._become(arguments, environment or {})
        # `slave` stays open: it tells the modes of the terminal once the program has ended.

    def _become(self, arguments, environment):
        try:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(self.slave, fd)
            os.closerange(3, 64)
            kept = {
                name: value
                for name, value in os.environ.items()
                if name not in ("NO_COLOR", "LINES", "COLUMNS", "LANG", "LC_CTYPE")
            }
            kept.update({"TERM": "screen-256color", "LC_ALL": "C.UTF-8"})
            kept.update(environment)
            os.execve(arguments[0], arguments, kept)
        finally:
            os._exit(125)

    def _set_size(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows, columns):
        self.screen.resize(rows, columns)
        self.screen.reset()
        self._set_size(rows, columns)  # the kernel sends SIGWINCH

    def press(self, keys):
        os.write(self.master, keys.encode())

    def signal(self, number):
        os.kill(self.pid, number)

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def text(self):
        return "\n".join(self.lines())

    def line_with(self, *parts):
        """The first line that has them all; "" where there is none."""
        for line in self.lines():
            if all(part in line for part in parts):
                return line
        return ""

    def wait_until(self, holds, what):
        """Reads what the program writes until holds()."""
        end = time.monotonic() + PATIENCE
        while not holds():
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"{what}; on the screen is\n{self.text()}")

    def wait_for(self, *parts):
        """Until a line has them all."""
        self.wait_until(lambda: self.line_with(*parts), f"waited for {parts}")
        return self.line_with(*parts)

    def wait_gone(self, *parts):
        self.wait_until(lambda: not self.line_with(*parts), f"waited for {parts} to go")

    def _read(self, patience):
        """False: there was nothing in time, or there is nothing more."""
        if not select.select([self.master], [], [], patience)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # nobody has the other side any more
            return False
        self.written += data
        self.stream.feed(data)
        return bool(data)

    def wait(self):
        """The end of the program. Returns its exit code, below 0 for a signal."""
        end = time.monotonic() + PATIENCE
        while self.status is None:
            # What it writes meanwhile is to be read, or it could not end.
            self._read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                raise AssertionError(f"it did not end; on the screen is\n{self.text()}")
        while self._read(0):
            pass
        return self.status

    def wait_stopped(self):
        """Until it has stopped itself."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self._read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            if pid != 0:
                assert os.WIFSTOPPED(status), status
                return
        raise AssertionError("it did not stop")

    def modes(self):
        return termios.tcgetattr(self.slave)

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)
        os.close(self.slave)
