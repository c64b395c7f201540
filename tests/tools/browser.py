"""A headless Chromium for tests and measurements, driven by the WebDriver protocol. Standard library
alone."""

import base64
import http.client
import json
import os
import re
import select
import signal
import subprocess


class Child:
    """A program with its standard input and output, which ends with this object."""

    def __init__(self, *command, **environment):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env={**os.environ, **environment})

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def tell(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        assert self.line() == "done"

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None and how:
            self.process.send_signal(how)
        self.process.stdin.close()
        code = self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        return code


class Browser:
    """A headless Chromium, by WebDriver."""

    def __init__(self, chromedriver, width=1400, height=900):
        self.driver = Child(chromedriver, "--port=0")
        port = None
        while port is None:
            line = self.driver.process.stdout.readline()
            assert line, "chromedriver has ended"
            found = re.search(r"started successfully on port (\d+)", line)
            port = found and int(found.group(1))
        self.port = port
        self.session = ""
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", "--force-device-scale-factor=1", f"--window-size={width},{height}"]
        try:
            made = self.call("POST", "", {"capabilities": {"alwaysMatch": {
                "goog:loggingPrefs": {"browser": "ALL"},
                "goog:chromeOptions": {"args": arguments}}}})
            self.session = made["sessionId"]
            self.pid = made["capabilities"]["goog:processID"]
        except BaseException:
            self.driver.end()
            raise

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            prefix = f"/session/{self.session}" if self.session else "/session"
            connection.request(method, prefix + path, json.dumps(body or {}) if method == "POST" else None,
                               {"Content-Type": "application/json"})
            value = json.load(connection.getresponse())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{value['error']}: {value['message']}")
        return value

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script, *arguments):
        """Until the script, looked at again for each picture, returns something true."""
        found = self.call("POST", "/execute/async", {"script": """
            const [test, values, done] = [new Function(arguments[0]), arguments[1], arguments[2]];
            const begin = performance.now();
            const look = () => {
              const found = test.apply(null, values);
              if (found) done({found});
              else if (performance.now() - begin > 25000) done({text: document.body.innerText});
              else requestAnimationFrame(look);
            };
            look();""", "args": [script, list(arguments)]})
        if "found" not in found:
            raise AssertionError(f"this did not become true: {script}\n{found['text']}")
        return found["found"]

    def text(self, identity):
        return self.run("return document.getElementById(arguments[0]).innerText", identity)

    def click(self, identity):
        self.run("document.getElementById(arguments[0]).click()", identity)

    def pixels(self, identity):
        return self.run("return document.getElementById(arguments[0]).toDataURL()", identity)

    def size(self, width, height):
        self.call("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride",
            "params": {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}})

    def complaints(self):
        return [line["message"] for line in self.call("POST", "/se/log", {"type": "browser"})]

    def screenshot(self):
        return base64.b64decode(self.call("GET", "/screenshot"))

    def end(self):
        try:
            self.end_browser()
        finally:
            self.driver.end()

    def end_browser(self):
        try:
            browser = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return  # it has died, and who talked to it has failed
        try:
            self.call("DELETE", "")
            # It goes a little later than the answer comes, or, under load, not at all.
            if not select.select([browser], [], [], 5)[0]:
                signal.pidfd_send_signal(browser, signal.SIGKILL)
        finally:
            os.close(browser)
