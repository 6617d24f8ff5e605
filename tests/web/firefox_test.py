"""The lesson's page in Firefox, by its own protocol: firefox_test.py PAGE.html. All of the race runs there, to the bits of the
result. Skipped (77) without firefox-esr.
"""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PORT = 2828


class Browser:
    """Marionette: a number of bytes, a colon, and so much JSON, both ways."""

    def __init__(self):
        self.socket, self.rest, self.sent = None, b"", 0
        for _ in range(60):
            try:
                self.socket = socket.create_connection(("127.0.0.1", PORT))
                break
            except OSError:
                time.sleep(1)
        self.receive()
        self("WebDriver:NewSession", capabilities={})

    def receive(self):
        while b":" not in self.rest:
            self.rest += self.socket.recv(65536)
        size, self.rest = self.rest.split(b":", 1)
        while len(self.rest) < int(size):
            self.rest += self.socket.recv(65536)
        message, self.rest = self.rest[:int(size)], self.rest[int(size):]
        return json.loads(message)

    def __call__(self, command, **arguments):
        self.sent += 1
        message = json.dumps([0, self.sent, command, arguments]).encode()
        self.socket.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, answer = self.receive()
        if error:
            raise RuntimeError(f"{command}: {error}")
        return answer

    def ask(self, script):
        return self("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def until(self, script, wanted):
        for _ in range(120):
            said = self.ask(script)
            if str(said).startswith(wanted):
                return said
            time.sleep(1)
        raise RuntimeError(f"{script} gives {said!r}, not {wanted!r}")


def main():
    if not shutil.which("firefox-esr"):
        print("skipped: no firefox-esr here")
        return 77
    page = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        firefox = subprocess.Popen(["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", profile],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            browser = Browser()
            browser("WebDriver:Navigate", url=f"file://{page}#s=4&saves=2&workers=2")
            browser.until("return document.documentElement.dataset.ready", "1")
            browser.ask("document.querySelector('[data-action=all]').click()")
            print("Firefox:", browser.until("return document.querySelector('[data-bind=same4]').innerText", "54 of 54"))
        finally:
            firefox.terminate()
            firefox.wait(30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
