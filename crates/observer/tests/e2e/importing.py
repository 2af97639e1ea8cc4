"""A Prometheus whose data is imported, and the import itself."""
import json
import pathlib
import re
import subprocess
import urllib.parse

from conftest import BINARY, until
from test_promql_peer import Peer

CONFIG = """
storage:
  tsdb: {out_of_order_time_window: 2h}
  exemplars: {max_exemplars: 1000}
"""


class Prometheus(Peer):
    """On a directory of its own, which stays when it stops."""

    def __init__(self, directory, *flags):
        self.dir = pathlib.Path(directory)
        self.flags = flags
        self.config = self.dir.parent / (self.dir.name + ".yml")
        self.config.write_text(CONFIG)
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.config}", f"--storage.tsdb.path={self.dir}", "--web.listen-address=127.0.0.1:0",
             "--web.enable-remote-write-receiver", "--web.enable-admin-api", "--storage.tsdb.retention.time=10y",
             "--enable-feature=native-histograms,exemplar-storage", *self.flags], stderr=subprocess.PIPE, text=True)
        self.url = "http://" + self.address()
        until(lambda: self.request("/-/ready")[0] == 200)

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def post(self, path, **params):
        status, body = self.request(f"/api/v1/{path}?" + urllib.parse.urlencode(params, doseq=True), b"")
        assert status in (200, 204), body
        return json.loads(body) if body else None


def answers(server, queries):
    """What is answered to queries: path and parameters."""
    found = {}
    for path, params in queries:
        status, body = server.request(f"/api/v1/{path}?" + urllib.parse.urlencode(params, doseq=True))
        assert status == 200, body
        data = json.loads(body)["data"]
        if isinstance(data, dict) and isinstance(data.get("result"), list):
            data["result"].sort(key=lambda row: sorted(row["metric"].items()))
        found[f"{path} {params}"] = data
    return found


def run_import(source, data_dir, *flags):
    """Exit code, what was printed, what was told besides."""
    done = subprocess.run([BINARY, "import", "prometheus", source, "--data-dir", data_dir, *flags], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def total(printed):
    """What was read and written, of which kind how much."""
    line = printed.split("total\n")[1].splitlines()[0]
    read, written = line.strip().removeprefix("read ").split("; written ")
    counts = [dict((kind, int(count)) for count, kind in re.findall(r"(\d+) (\w+)", text)) for text in (read, written)]
    return counts


def blocks_of(text, directory):
    """Blocks that promtool makes of OpenMetrics."""
    directory.mkdir(parents=True, exist_ok=True)
    source = directory.parent / (directory.name + ".om")
    source.write_text(text)
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", source, directory], check=True, capture_output=True)
    return directory
