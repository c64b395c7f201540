#!/usr/bin/env python3
"""muster web: who may ask, and what the page shows in a browser.

web_test.py --muster PROGRAM --busy PROGRAM [--chromedriver PROGRAM] [--screenshot FILE] [TEST ...]

Without a chromedriver the tests in a browser are left out. --screenshot writes a picture of the page
for the README. Standard library alone; the browser is driven by the WebDriver protocol.
"""

import argparse
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

from browser import Browser, Child

WATCHDOG_SECONDS = 240
options = None


def busy_pool(name, workers=4):
    pool = Child(options.busy, name, str(workers))
    assert pool.line() == "ready"
    return pool


def end_pool(pool):
    pool.end(how=None)  # its input ends


class Web(Child):
    """muster web, at a port that was free."""

    def __init__(self, *arguments, listen="127.0.0.1:0", **environment):
        super().__init__(options.muster, "web", "--listen", listen, *arguments, **environment)
        said = self.line()
        found = re.fullmatch(r"Serving http://(.+):(\d+)/", said)
        if not found:
            raise AssertionError(f"it said {said!r}, and {self.process.stderr.read()!r}")
        self.host, self.port = found.group(1), int(found.group(2))
        self.url = f"http://{self.host}:{self.port}/"

    def connect(self, timeout=20):
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def ask(self, path="/", method="GET", body=None, host=None, **headers):
        """The answer to a request; headers with _ for -."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host or f"127.0.0.1:{self.port}")
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            answer.text = "" if method == "HEAD" else answer.read().decode()
            return answer
        finally:
            connection.close()

    def messages(self, pool=""):
        """What the stream says, as pairs of an event and its data, without end."""
        with self.connect() as stream:
            path = "/stream?pool=" + urllib.parse.quote(pool)
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{self.port}\r\n\r\n".encode())
            answer = http.client.HTTPResponse(stream)
            answer.begin()
            assert answer.status == 200, answer.status
            event = None
            for line in answer:
                word, _, value = line.decode().rstrip("\n").partition(": ")
                if word == "event":
                    event = value
                elif word == "data":
                    yield event, json.loads(value)

    def id_of(self, name):
        for event, data in self.messages():
            if event == "pools":
                for pool in data["pools"]:
                    if pool["name"] == name:
                        return pool["id"]


class Security(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.web = Web()

    @classmethod
    def tearDownClass(cls):
        assert cls.web.end() == 0

    def test_serves_the_page_with_headers_that_bind_it(self):
        for path, kind in (("/", "text/html"), ("/page.css", "text/css"),
                           ("/page.js", "text/javascript")):
            answer = self.web.ask(path)
            self.assertEqual(answer.status, 200)
            self.assertIn(kind, answer.headers["Content-Type"])
            policy = answer.headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertIn("script-src 'self'", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
            self.assertIsNone(answer.headers["Access-Control-Allow-Origin"])

    def test_needs_nothing_from_elsewhere(self):
        for path in ("/", "/page.css", "/page.js"):
            text = self.web.ask(path).text.replace("http://www.w3.org/2000/svg", "")
            self.assertNotRegex(text, r"https?://|//[a-z]+\.[a-z]+/|@import|\burl\(")
        self.assertNotRegex(self.web.ask("/").text, r"<script>|\bon[a-z]+=|\bstyle=")

    def test_answers_head_without_a_body(self):
        for path in ("/", "/stream", "/stream?pool=x"):
            answer = self.web.ask(path, "HEAD")
            self.assertEqual(answer.status, 200)

    def test_only_shows(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PRI", "FOO"):
            for path in ("/", "/stream", "/kill"):
                answer = self.web.ask(path, method, body=b"{}" * 10)
                self.assertEqual(answer.status, 405, method)
                self.assertEqual(answer.headers["Allow"], "GET, HEAD")

    def test_refuses_other_hosts(self):
        port = self.web.port
        for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1:{port + 1}", "127.0.0.1",
                     f"localhost.evil.example:{port}", f"127.0.0.1.nip.io:{port}", "localhost",
                     f"[::1]evil:{port}", f"10.0.0.1:{port}", f"0.0.0.0:{port}", "[", ":", f":{port}",
                     f"localhost:{port}@evil.example", f"localhost:{port}0000000000"):
            for path in ("/", "/stream", "/page.js"):
                self.assertEqual(self.web.ask(path, host=host).status, 403, host)
        for host in (f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
            self.assertEqual(self.web.ask(host=host).status, 200, host)

    def test_refuses_a_missing_or_a_second_host(self):
        for hosts in ("", f"Host: localhost:{self.web.port}\r\nHost: evil.example\r\n"):
            with self.web.connect() as raw:
                raw.sendall(f"GET / HTTP/1.1\r\n{hosts}\r\n".encode())
                self.assertIn(b" 403 ", raw.recv(4096))

    def test_refuses_pages_of_other_origins(self):
        own = f"http://127.0.0.1:{self.web.port}"
        for origin in ("http://evil.example", "null", "https://127.0.0.1", own.replace("http", "https"),
                       "http://localhost:1", own + ".evil.example", "file://"):
            self.assertEqual(self.web.ask("/stream", Origin=origin).status, 403, origin)
        for site in ("cross-site", "same-site", "whatever"):
            self.assertEqual(self.web.ask(Sec_Fetch_Site=site).status, 403, site)
        self.assertEqual(self.web.ask(Origin=own, Sec_Fetch_Site="same-origin").status, 200)
        self.assertEqual(self.web.ask(Sec_Fetch_Site="none").status, 200)

    def test_has_no_files(self):
        for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/page.css/..",
                     "/..%2f..%2fetc%2fpasswd", "/page.js%00.html", "/stream/", "/\\..\\etc\\passwd",
                     "/index.html", "/proc/self/environ", "/favicon.ico"):
            answer = self.web.ask(path)
            self.assertEqual(answer.status, 404, path)
            self.assertNotIn("root:", answer.text)

    def test_lives_through_what_is_no_http(self):
        for words in (b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00" * 40,
                      b"GET / HTTP/1.1\nHost: x\n\n", b"\0" * 9000, b"GET " + b"a" * 9000,
                      b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000,
                      b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n"):
            with self.web.connect() as raw:
                try:
                    raw.sendall(words)
                    raw.shutdown(socket.SHUT_WR)
                    answer = raw.recv(4096)
                except (ConnectionResetError, BrokenPipeError):
                    answer = b""
                self.assertTrue(answer == b"" or re.match(rb"HTTP/1\.1 4\d\d ", answer), answer)
        self.assertEqual(self.web.ask().status, 200)

    def test_does_not_multiply_what_it_sends(self):
        whole = len(self.web.ask("/page.js").text)
        for ranges in ("bytes=" + ",".join(["0-"] * 1500), "bytes=5-9"):
            answer = self.web.ask("/page.js", Range=ranges)
            self.assertEqual((answer.status, len(answer.text)), (200, whole))
        self.assertLess(self.web.ask("/page.js", Range="bytes=" + "0-," * 2500).status, 500)

    def test_half_requests_hold_up_nobody(self):
        held = [self.web.connect() for _ in range(200)]
        try:
            for raw in held:
                raw.sendall(b"GET / HTTP/1.1\r\nHost: ")
            self.assertEqual(self.web.ask().status, 200)
        finally:
            for raw in held:
                raw.close()

    def test_a_slow_request_is_given_up(self):
        with self.web.connect(timeout=60) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\nHost: ")
            answer = raw.recv(4096)  # returns, as the server does not wait for ever
            self.assertTrue(answer == b"" or b" 400 " in answer, answer)

    def test_readers_that_do_not_read_hold_up_nobody(self):
        held = [self.web.connect() for _ in range(30)]
        try:
            for raw in held:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                raw.sendall(f"GET /stream HTTP/1.1\r\nHost: localhost:{self.web.port}\r\n\r\n".encode())
            self.assertEqual(next(self.web.messages())[0], "hello")
            self.assertEqual(self.web.ask().status, 200)
        finally:
            for raw in held:
                raw.close()

    def test_too_many_readers_are_told_so(self):
        held = []
        try:
            while len(held) < 100:
                raw = self.web.connect()
                held.append(raw)
                raw.sendall(f"GET /stream HTTP/1.1\r\nHost: localhost:{self.web.port}\r\n\r\n".encode())
                if b" 503 " in raw.recv(64):
                    break
            self.assertLess(len(held), 100)
            self.assertEqual(self.web.ask().status, 200)
        finally:
            for raw in held:
                raw.close()

    def test_an_unknown_pool_is_no_harm(self):
        messages = self.web.messages("../" * 10 + "\r\n<")
        self.assertEqual([next(messages)[0] for _ in range(3)], ["hello", "pools", "pools"])
        self.assertEqual(self.web.ask("/stream?pool=" + "x" * 100).status, 400)

    @unittest.skipUnless(socket.has_ipv6, "there is no IPv6")
    def test_the_same_user_is_known_behind_a_socket_of_ipv6(self):
        with socket.socket(socket.AF_INET6) as raw:
            try:
                raw.connect(("::ffff:127.0.0.1", self.web.port))
            except OSError as error:
                self.skipTest(f"IPv6 is switched off: {error}")
            raw.sendall(f"HEAD / HTTP/1.1\r\nHost: 127.0.0.1:{self.web.port}\r\n\r\n".encode())
            self.assertIn(b" 200 ", raw.recv(4096).partition(b"\r\n")[0])

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_another_user_of_this_machine_needs_the_token(self):
        address = self.web.line().split()[-1]
        self.assertTrue(address.startswith(self.web.url + "?token="), address)
        token = address.partition("=")[2]

        # Python's own files may be closed to that user: they are loaded now.
        self.assertEqual(self.web.ask(method="HEAD").status, 200)

        def status(headers):
            readable, writable = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    os.setgroups([])
                    os.setgid(65534)
                    os.setuid(65534)
                    answer = self.web.ask(method="HEAD", **headers)
                    os.write(writable, str(answer.status).encode())
                finally:
                    os._exit(0)
            os.close(writable)
            with os.fdopen(readable) as said:
                number = said.read()
            os.waitpid(child, 0)
            return number

        self.assertEqual(status({}), "401")
        self.assertEqual(status({"Authorization": f"Bearer {token}"}), "200")


class Tokens(unittest.TestCase):
    token = "correct-horse_battery"

    def start(self, *arguments, **more):
        web = Web(*arguments, **more)
        self.addCleanup(web.end)
        return web

    def check(self, web, token):
        self.assertEqual(web.ask().status, 401)
        self.assertEqual(web.ask("/stream").status, 401)
        self.assertEqual(web.ask("/?token=").status, 401)
        for wrong in ("x", token[:-1], token + "x", token.upper() + "A", "%00", token[1:]):
            self.assertEqual(web.ask("/?token=" + wrong).status, 401, wrong)
            self.assertEqual(web.ask(Authorization="Bearer " + wrong).status, 401, wrong)
            self.assertEqual(web.ask(Cookie=f"muster-{web.port}={wrong}").status, 401, wrong)
        self.assertEqual(web.ask(Authorization="Bearer " + token).status, 200)
        self.assertEqual(web.ask(Authorization="Basic " + token).status, 401)
        answer = web.ask("/?token=" + token)
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/"))
        cookie = answer.headers["Set-Cookie"]
        self.assertIn("HttpOnly", cookie)
        self.assertIn("SameSite=Strict", cookie)
        self.assertEqual(web.ask(Cookie="a=b; " + cookie.partition(";")[0]).status, 200)
        self.assertEqual(web.ask("/?token=" + token, host="evil.example").status, 403)
        self.assertEqual(web.ask(Authorization="Bearer " + token, Origin="http://a.example").status, 403)

    def test_one_that_is_given_is_asked_for(self):
        self.check(self.start("--token", self.token), self.token)
        self.check(self.start(MUSTER_WEB_TOKEN=self.token), self.token)

    def test_another_address_than_loopback_makes_one(self):
        self.check_made_token("0.0.0.0:0")

    @unittest.skipUnless(socket.has_dualstack_ipv6(), "there is no IPv6")
    def test_all_addresses_of_both_families_make_one(self):
        self.check_made_token("[::]:0")

    def check_made_token(self, listen):
        web = self.start(listen=listen)
        said = web.line()
        token = said.rpartition("?token=")[2]
        self.assertRegex(token, r"^[0-9a-f]{32}$")
        self.check(web, token)
        # A name can be made to mean any address, an address cannot.
        self.assertEqual(web.ask(host=f"192.0.2.1:{web.port}").status, 401)
        self.assertEqual(web.ask(host=f"evil.example:{web.port}").status, 403)


class CommandLine(unittest.TestCase):
    def refused(self, *arguments):
        end = subprocess.run([options.muster, "web", *arguments], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=60)
        self.assertEqual(end.stdout, "")
        self.assertRegex(end.stderr, r"^(muster: .+\n)+$")
        return end.returncode

    def test_says_what_makes_no_sense(self):
        for words in (["--listen", "8.8.8.8"], ["--listen", "evil.example:80"], ["--listen", ":80"],
                      ["--listen", "127.0.0.1:65536"], ["--interval", "0"], ["--interval", "x"],
                      ["--token", "short"], ["--token", "with spaces in it"], ["--nothing"]):
            self.assertEqual(self.refused(*words), 2, words)

    def test_says_that_an_address_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            self.assertEqual(self.refused("--listen", f"127.0.0.1:{other.getsockname()[1]}"), 6)

    def test_says_that_there_is_no_such_pool(self):
        self.assertEqual(self.refused("no pool of this name"), 3)

    def test_a_report_is_there_as_a_whole_or_not_at_all(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.refused("--save", folder + "/none/report.html"), 6)
            os.mkdir(folder + "/taken")
            self.assertEqual(self.refused("--save", folder + "/taken"), 6)
            self.assertEqual(os.listdir(folder), ["taken"])

    def test_a_report_goes_to_standard_output(self):
        with tempfile.TemporaryDirectory() as folder:
            end = subprocess.run([os.path.abspath(options.muster), "web", "--save", "-"],
                                 capture_output=True, check=True, timeout=60, cwd=folder)
            self.assertIn(b"</html>", end.stdout)
            self.assertEqual(os.listdir(folder), [])


class Stream(unittest.TestCase):
    def test_says_which_pool_cannot_be_read(self):
        web = Web()
        self.addCleanup(web.end)
        name = f"web twice {os.getpid()}"
        self.addCleanup(end_pool, busy_pool(name))
        id = web.id_of(name)
        # Another pool that the id means as well.
        self.addCleanup(end_pool, busy_pool(id))
        for event, data in web.messages(id):
            if event == "unreadable":
                self.assertIn(f'pool "{name}" cannot be read: ', data)
                self.assertIn("can mean 2 pools", data)
                return
        self.fail("nothing was said of it")

    def test_tells_of_pools_that_come_and_go(self):
        web = Web()
        self.addCleanup(web.end)
        name = f"web comes and goes {os.getpid()}"
        first = busy_pool(name)
        seen = set()
        ended = None
        for event, data in web.messages(web.id_of(name)):
            seen.add(event)
            if event == "events" and first:
                self.assertEqual(len(data["end"]), len(data["run"]))
                self.assertEqual({len(data[key]) for key in ("kind", "worker", "task", "name")},
                                 {len(data["end"])})
                if {"pool", "workers", "detail", "deaths"} <= seen:
                    end_pool(first)
                    first = None
            if event == "ended":
                ended = data
                break
        self.assertEqual(ended["name"], name)
        second = busy_pool(name)
        self.addCleanup(end_pool, second)
        self.assertNotEqual(web.id_of(name), ended["id"])

    def test_shows_one_pool_alone_where_it_was_named(self):
        name = f"web alone {os.getpid()}"
        pools = [busy_pool(name), busy_pool("another")]
        for pool in pools:
            self.addCleanup(end_pool, pool)
        web = Web(name)
        self.addCleanup(web.end)
        for event, data in web.messages():
            if event == "pools":
                self.assertEqual([pool["name"] for pool in data["pools"]], [name])
                break

    def test_goes_on_where_a_reader_was(self):
        name = f"web goes on {os.getpid()}"
        pool = busy_pool(name)
        self.addCleanup(end_pool, pool)
        web = Web()
        self.addCleanup(web.end)
        identity = web.id_of(name)
        with web.connect() as raw:
            raw.sendall(f"GET /stream?pool={identity} HTTP/1.0\r\nHost: localhost:{web.port}\r\n\r\n".encode())
            text = b""
            while text.count(b"event: pool\n") < 3:
                text += raw.recv(65536)
        last = re.findall(rb"id: (\S+)\n", text)[-1].decode()
        with web.connect() as raw:
            raw.sendall(f"GET /stream?pool={identity} HTTP/1.1\r\nHost: localhost:{web.port}\r\n"
                        f"Last-Event-ID: {last}\r\n\r\n".encode())
            text = b""
            while b"\nid: " not in text:
                text += raw.recv(65536)
        self.assertIn(b'"resumes":true', text)
        number = int(last.partition(".")[2])
        self.assertGreater(int(re.search(rb"\nid: \w+\.(\d+)", text).group(1)), number)


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not options.chromedriver:
            raise unittest.SkipTest("there is no chromedriver")
        cls.web = Web()
        cls.addClassCleanup(cls.web.end)
        cls.browser = Browser(options.chromedriver)
        cls.addClassCleanup(cls.browser.end)

    def blank(self):
        """Leaves the page of the test before, with what it had to complain of."""
        self.browser.open("about:blank")
        self.browser.complaints()

    def open(self, name, workers=4):
        pool = busy_pool(name, workers)
        self.pool = pool
        self.addCleanup(end_pool, pool)
        self.blank()
        self.browser.open(self.web.url + "#" + self.web.id_of(name))
        self.browser.wait("return document.getElementById('name').textContent === arguments[0]", name)
        self.browser.wait("return Number(document.getElementById('stream').dataset.drawn) > 0")

    def tearDown(self):
        self.assertEqual(self.browser.complaints(), [])

    def drawn(self, more_than=-1):
        return self.browser.wait("const total = Number(document.getElementById('stream').dataset.total);"
                                 "return total > arguments[0] ? total : 0", more_than)

    def test_shows_a_pool_at_work(self):
        name = f"web <b>page</b> {os.getpid()}"
        self.open(name)
        browser = self.browser
        for identity in ("queued", "running", "rate", "run-p50", "queue-p50", "deaths"):
            browser.wait("return /[0-9]/.test(document.getElementById(arguments[0]).textContent)", identity)
        browser.wait("return document.querySelectorAll('#workers tbody tr').length === 4")
        browser.wait("return document.querySelector('#workers .state[data-state=running]')")
        browser.wait("return [...document.querySelectorAll('#names td')].some("
                     "(cell) => cell.textContent === 'upload <file>')")
        browser.wait("return document.querySelector('#failures').innerText.includes("
                     "'</script><b>photo.png')")
        self.assertEqual(browser.run("return document.querySelectorAll('#pool b').length"),
                         browser.run("return document.querySelectorAll('#pool .under b, .quantiles b').length"))
        self.assertEqual(browser.text("link-words"), "Live")
        # The stream moves.
        before, pixels = self.drawn(), browser.pixels("stream")
        self.drawn(before + 20)
        self.assertNotEqual(browser.pixels("stream"), pixels)
        # What is not in words has words.
        unnamed = browser.run("""return [...document.querySelectorAll('button, select, canvas, a')].filter(
            (node) => !node.hidden && node.getAttribute('aria-hidden') !== 'true' &&
              !(node.getAttribute('aria-label') || node.textContent.trim())).map((node) => node.id)""")
        self.assertEqual(unnamed, ["notice-button"] if "notice-button" in unnamed else [])

    def test_shows_deaths(self):
        self.open(f"web deaths {os.getpid()}")
        browser = self.browser
        self.pool.tell("kill")
        browser.wait("return document.getElementById('ends').innerText.includes('SIGKILL')")
        browser.wait("return document.getElementById('deaths').textContent !== '0'")
        self.pool.tell("crash")
        browser.wait("return document.getElementById('ends').innerText.includes('SIGABRT')")
        frames = browser.wait("const frames = document.querySelector('#ends pre');"
                              "return frames && frames.textContent")
        self.assertIn("crash_on_purpose", frames)

    def test_draws_seldom_where_nobody_touches_it_until_somebody_does(self):
        self.open(f"web asleep {os.getpid()}")
        browser = self.browser
        # Of each frame that the page asks for: the frame in which it does.
        browser.run("""
            const native = requestAnimationFrame;
            window.asked = [];
            window.requestAnimationFrame = (draw) => {
              if (draw.name === "frame") asked.push(document.timeline.currentTime);
              return native(draw);
            };
            window.touch = (at) => {
              const {now} = performance;
              performance.now = () => at;
              dispatchEvent(new PointerEvent("pointermove"));
              delete performance.now;
            };""")
        browser.wait("return asked.length > 2")
        browser.run("touch(-1e9)")  # long ago
        # Not one that was asked for before.
        browser.wait("return asked.length > 4")
        browser.run("asked.length = 0")
        times = browser.wait("return asked.length > 4 ? asked : null")
        for earlier, later in zip(times, times[1:]):
            self.assertGreater(later - earlier, 100)
        before = self.drawn()
        self.drawn(before)
        browser.run("for (let i = 0; i < 3; ++i) touch(performance.now()); asked.length = 0")
        times = browser.wait("return asked.length > 20 ? asked : null")
        self.assertLess(min(later - earlier for earlier, later in zip(times, times[1:])), 100)
        # One after the other, and not two at once.
        self.assertEqual(len(times), len(set(times)))

    def test_pauses_zooms_pans_and_hovers(self):
        self.open(f"web hands {os.getpid()}")
        browser = self.browser
        self.drawn(more_than=600)  # so that there are tasks wherever it looks
        browser.click("pause")
        browser.wait("return document.getElementById('pause').textContent === 'Go on'")
        rate, pixels = browser.text("rate-under"), browser.pixels("stream")
        next(data for event, data in self.web.messages(self.web.id_of(browser.text("name"))) if event == "detail")
        self.assertEqual(browser.text("rate-under"), rate)
        self.assertEqual(browser.pixels("stream"), pixels)
        browser.run("document.getElementById('stream').dispatchEvent(new WheelEvent('wheel', "
                    "{deltaY: -400, offsetX: 600, bubbles: true, cancelable: true}))")
        zoomed = browser.pixels("stream")
        self.assertNotEqual(zoomed, pixels)
        rect = browser.run("const {x, y, width, height} = document.getElementById('stream')"
                           ".getBoundingClientRect(); return [x, y, width, height]")
        x, y = int(rect[0] + rect[2] / 2), int(rect[1] + rect[3] / 2)
        move = {"type": "pointerMove", "x": x, "y": y, "duration": 0}
        browser.call("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": [
            move, {"type": "pointerDown", "button": 0}, {**move, "x": x + 150},
            {"type": "pointerUp", "button": 0}]}]})
        self.assertNotEqual(browser.pixels("stream"), zoomed)
        self.assertEqual(browser.run("return document.getElementById('live').ariaPressed"), "false")
        # Some point of a busy pool's stream is a task.
        found = browser.run("""
            const canvas = document.getElementById('stream');
            const {x, y, width, height} = canvas.getBoundingClientRect();
            for (let i = 1; i < 100; ++i) {
              canvas.dispatchEvent(new PointerEvent('pointermove', {
                clientX: x + 40 + (width - 40) * i / 100, clientY: y + height / 2}));
              const tip = document.getElementById('tip');
              if (!tip.hidden) return tip.innerText;
            }""")
        self.assertRegex(found or "", r"task\s+\d+\s+worker\s+\d")
        browser.run("document.getElementById('stream').focus()")
        before = browser.pixels("stream")
        browser.run("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
                    "{key: 'ArrowLeft', bubbles: true, cancelable: true}))")
        self.assertNotEqual(browser.pixels("stream"), before)
        browser.click("live")
        browser.wait("return document.getElementById('live').ariaPressed === 'true'")
        browser.wait("return document.getElementById('rate-under').textContent !== arguments[0]", rate)

    def test_fits_narrow_and_wide_screens_light_and_dark(self):
        self.open(f"web sizes {os.getpid()}")
        browser = self.browser
        self.addCleanup(browser.call, "POST", "/goog/cdp/execute",
                        {"cmd": "Emulation.clearDeviceMetricsOverride", "params": {}})
        for width in (400, 800, 1400, 2000):
            browser.size(width, 900)
            browser.wait("return innerWidth === arguments[0]", width)
            browser.wait("return document.documentElement.scrollWidth <= innerWidth")
            browser.wait("return document.getElementById('stream').width <= innerWidth")
        ground = "return getComputedStyle(document.body).backgroundColor"
        before = browser.run(ground)
        browser.click("theme")
        self.assertNotEqual(browser.run(ground), before)
        browser.click("theme")

    def test_says_that_a_pool_has_ended_and_shows_the_next(self):
        name = f"web ends {os.getpid()}"
        self.open(name)
        browser = self.browser
        self.pool.process.stdin.close()
        browser.wait("return !document.getElementById('notice').hidden && "
                     "document.getElementById('notice').innerText.includes('ended at')")
        self.assertEqual(browser.text("state"), "ended")
        second = busy_pool(name)
        self.addCleanup(end_pool, second)
        identity = self.web.id_of(name)
        browser.wait("return document.getElementById('notice-button').dataset.id === arguments[0]", identity)
        browser.click("notice-button")
        browser.wait("return document.getElementById('notice').hidden && "
                     "document.getElementById('state').textContent === 'ok'")

    def test_says_that_the_connection_is_lost_and_gets_it_back(self):
        name = f"web lost {os.getpid()}"
        pool = busy_pool(name)
        self.addCleanup(end_pool, pool)
        web = Web()
        self.browser.open(web.url + "#" + web.id_of(name))
        self.browser.wait("return document.getElementById('name').textContent === arguments[0]", name)
        web.end()
        self.browser.wait("return document.getElementById('link').dataset.state === 'lost'")
        again = Web(listen=f"127.0.0.1:{web.port}")
        self.addCleanup(again.end)
        self.browser.wait("return document.getElementById('link').dataset.state === 'live' && "
                          "document.getElementById('notice').hidden")
        # The browser itself says that it could not connect.
        lines = [line for line in self.browser.complaints() if "net::ERR_" not in line]
        self.assertEqual(lines, [])

    def test_a_report_opens_from_its_file(self):
        name = f"web report </script><script>alert(1)</script> {os.getpid()}"
        pool = busy_pool(name)
        self.addCleanup(end_pool, pool)
        pool.tell("crash")
        # One look in a second may be before the first task that throws.
        web = Web(name)
        self.addCleanup(web.end)
        next(data for event, data in web.messages(web.id_of(name))
             if event == "detail" and data["failures"])
        with tempfile.TemporaryDirectory() as folder:
            file = folder + "/report.html"
            subprocess.run([options.muster, "web", name, "--save", file], check=True, timeout=60)
            self.assertEqual(os.listdir(folder), ["report.html"])
            with open(file, encoding="utf-8") as report:
                text = report.read()
            self.assertNotIn("<script>alert", text)
            self.assertEqual(text.count("</script>"), 2)
            self.blank()
            self.browser.open("file://" + file)
            self.browser.wait("return document.getElementById('name').textContent === arguments[0]", name)
            self.browser.wait("return Number(document.getElementById('stream').dataset.drawn) > 0")
            self.browser.wait("return document.querySelectorAll('#workers tbody tr').length === 4")
            self.assertEqual(self.browser.run("return document.getElementById('link').dataset.state"), "saved")
            self.browser.wait("return document.getElementById('failures').innerText.includes('photo.png')")

    def test_a_report_says_what_could_not_be_read(self):
        name = f"web read {os.getpid()}"
        pool = busy_pool(name)
        self.addCleanup(end_pool, pool)
        odd = f"web odd {os.getpid()}"
        memory = os.memfd_create(f"muster:{odd}:tasks")
        self.addCleanup(os.close, memory)
        os.write(memory, b"this is no pool")
        page = subprocess.run([options.muster, "web", "--save", "-"], capture_output=True, check=True,
                              timeout=60, text=True).stdout
        begin = page.index(">", page.index('id="report"')) + 1
        end = page.index("</script>", begin)
        report = json.loads(page[begin:end])
        messages = report["messages"]
        listed = messages[0]["data"]["pools"]
        one = next(pool for pool in listed if pool["name"] == name)
        numbers = next(m["data"] for m in messages if m["event"] == "pool" and m["pool"] == one["id"])
        # What happens between the list and the looks happens here.
        closed, gone = dict(one, id="c" * 16, name="web closed"), dict(numbers, id="d" * 16, name="web gone")
        listed += [closed, gone]
        for event, of, data in (
                ("unreadable", closed, 'pool "web closed" cannot be read: it is shut'),
                ("unreadable", one, f'pool "{name}" cannot be read: std::bad_alloc'),
                ("pool", gone, gone), ("ended", gone, dict(gone, at=gone["at"]))):
            messages.append({"event": event, "pool": of["id"], "data": data})
        text = json.dumps(report).replace("<", "\\u003c")
        browser = self.browser
        self.blank()
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/report.html", "w", encoding="utf-8") as file:
                file.write(page[:begin] + text + page[end:])
            browser.open(f"file://{folder}/report.html#{one['id']}")

        def shows(identity, words):
            browser.wait("const node = document.getElementById(arguments[0]);"
                         "return node.offsetParent && node.innerText.includes(arguments[1])", identity, words)

        def choose(of):
            browser.run("const box = document.getElementById('chooser'); box.value = arguments[0];"
                        "box.dispatchEvent(new Event('change'))", of["id"])

        shows("name", name)
        shows("notice", f'Pool "{name}" cannot be read: std::bad_alloc.')
        shows("foot", f"“{odd}” cannot be read: corrupt.")
        shows("foot", 'Pool "web closed" cannot be read: it is shut.')
        choose(closed)
        shows("notice", 'Pool "web closed" cannot be read: it is shut.')
        shows("nothing", "No pool to show")
        choose(gone)
        shows("name", "web gone")
        shows("notice", "Pool “web gone” ended at")


def screenshot(file):
    """A picture of a pool at work, for the README."""
    pool = busy_pool("thumbnails", 8)
    web = Web("thumbnails")
    browser = Browser(options.chromedriver)
    try:
        browser.size(1400, 900)
        browser.open(web.url)
        browser.wait("return Number(document.getElementById('stream').dataset.total) > 2500")
        pool.tell("crash")
        browser.wait("return document.getElementById('ends').innerText.includes('SIGABRT')")
        before = int(browser.run("return document.getElementById('stream').dataset.total"))
        browser.wait("return Number(document.getElementById('stream').dataset.total) > arguments[0]",
                     before + 400)
        with open(file, "wb") as picture:
            picture.write(browser.screenshot())
    finally:
        browser.end()
        web.end()
        end_pool(pool)


def main():
    global options
    parser = argparse.ArgumentParser()
    parser.add_argument("--muster", required=True)
    parser.add_argument("--busy", required=True)
    parser.add_argument("--chromedriver")
    parser.add_argument("--screenshot")
    options, rest = parser.parse_known_args()
    signal.alarm(WATCHDOG_SECONDS)
    if options.screenshot:
        return screenshot(options.screenshot)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
