"""Starts the real binary in a temporary directory and stops it by its own id."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[4]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = TARGET / "debug" / "observer-aio"


def until(found, seconds=60):
    """What `found` finds, once it finds anything."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := found():
            return result
    raise AssertionError("nothing arrived")


class Server:
    def __init__(self, data_dir, *arguments):
        self.data_dir = data_dir
        self.arguments = arguments
        self.start()

    def start(self):
        self.spawn()
        self.wait_until_ready()

    def spawn(self):
        off = [word for flag in ("--otlp-grpc-listen", "--otlp-http-listen") if flag not in self.arguments
               for word in (flag, "off")]
        self.process = subprocess.Popen(
            [BINARY, "--dev", "--data-dir", self.data_dir, "--listen", "127.0.0.1:0", *off, *self.arguments],
            # Signals that Python ignores stay ignored: writing past a file size limit is an error, not the end.
            stdout=subprocess.PIPE, text=True, restore_signals=False)

    def wait_until_ready(self):
        line = self.process.stdout.readline()
        self.url = re.match(r"listening on (http://\S+)", line).group(1)
        for _ in range(2000):  # bounded: each try is a request the server answers at once
            if self.request("/ready")[0] == 200:
                return
        raise AssertionError("not ready")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0

    def exchange(self, path, body=None, headers=None):
        """Status, headers and body of an answer."""
        request = urllib.request.Request(self.url + path, data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def request(self, path, body=None, headers=None):
        status, _, body = self.exchange(path, body, headers)
        return status, body

    def api(self, path, **params):
        status, body = self.request(f"/prometheus/api/v1/{path}?" + urllib.parse.urlencode(params, doseq=True))
        return status, json.loads(body)

    def query(self, expression, **params):
        status, answer = self.api("query", query=expression, **params)
        assert status == 200, answer
        return answer["data"]["result"]

    def logs(self, query, **params):
        """Streams of a log query over the last hour."""
        status, body = self.request("/loki/api/v1/query_range?" + urllib.parse.urlencode({"query": query, **params}))
        assert status == 200, body
        return json.loads(body)["data"]["result"]


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path / "data")
    yield running
    if running.process.poll() is None:
        running.stop()
