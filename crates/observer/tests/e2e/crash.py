"""A harness that writes to all three signals at once, kills the server at a random moment, and checks what is left.

Every value, line and span is numbered, so that what was acknowledged can be told from what was not. An unanswered write
may have been stored or not; an acknowledged one must be there, and nothing may be there twice.
"""
import collections
import http.client
import json
import random
import threading
import time
import urllib.parse

JSON = {"Content-Type": "application/json"}
WRITERS_PER_SIGNAL = 2


def metrics_body(number, t_ns):
    point = {"timeUnixNano": str(t_ns // 10**6 * 10**6), "asDouble": number, "attributes": []}
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": f"crash_{number % 5}", "gauge": {"dataPoints": [point]}}]}]}]}


def logs_body(number, t_ns):
    values = [[str(t_ns), f"line {number}", {"n": str(number)}]]
    return {"streams": [{"stream": {"app": f"crash{number % 5}"}, "values": values}]}


def trace_id(number):
    return f"{number + 1:032x}"


def traces_body(number, t_ns):
    spans = [{"traceId": trace_id(number), "spanId": f"{n:016x}", "name": f"span {n}", "kind": 2,
              "startTimeUnixNano": str(t_ns), "endTimeUnixNano": str(t_ns + 1000)} for n in (1, 2)]
    return {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}


SIGNALS = {
    "metrics": ("/v1/metrics", metrics_body),
    "logs": ("/loki/api/v1/push", logs_body),
    "traces": ("/v1/traces", traces_body),
}


class Harness:
    """Numbers never come back, so that several rounds can run against one data directory."""

    def __init__(self, server, seed):
        self.server = server
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.next_number = 0
        self.acknowledged = {signal: {} for signal in SIGNALS}

    def round(self):
        """Writes until the server is killed, then starts it again and checks everything."""
        killed = threading.Event()
        writers = [threading.Thread(target=self.write, args=(signal, killed))
                   for signal in SIGNALS for _ in range(WRITERS_PER_SIGNAL)]
        for writer in writers:
            writer.start()
        wanted = self.next_number + self.random.randrange(1, 400)
        deadline = time.monotonic() + 30
        while self.next_number < wanted and time.monotonic() < deadline:
            writers[0].join(timeout=0.001)
        self.server.kill()
        killed.set()
        for writer in writers:
            writer.join()
        self.server.start()
        self.check()

    def take_number(self):
        with self.lock:
            self.next_number += 1
            return self.next_number, time.time_ns()

    def write(self, signal, killed):
        path, body = SIGNALS[signal]
        connection = http.client.HTTPConnection(self.server.url.removeprefix("http://"), timeout=30)
        while not killed.is_set():
            number, t_ns = self.take_number()
            try:
                connection.request("POST", path, json.dumps(body(number, t_ns)), JSON)
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                return
            assert answer.status in (200, 204), text
            if b"rejected" not in text:  # two writers may have met in one millisecond of one series
                self.acknowledged[signal][number] = t_ns

    def check(self):
        self.compare("metrics", collections.Counter(self.samples()))
        self.compare("logs", collections.Counter(self.lines()))
        self.compare("traces", collections.Counter(self.traces()))

    def compare(self, signal, found):
        lost = set(self.acknowledged[signal]) - set(found)
        assert not lost, f"{signal}: acknowledged but lost: {sorted(lost)[:10]}"
        twice = [number for number, count in found.items() if count > 1]
        assert not twice, f"{signal}: found twice: {twice[:10]}"

    def samples(self):
        for row in self.server.query('{__name__=~"crash_.*"}[30m]'):
            for _, value in row["values"]:
                yield int(value)

    def lines(self):
        end = time.time_ns() + 10**9
        while True:
            streams = self.server.logs('{app=~"crash.*"}', limit=5000, end=end)
            page = [(int(ts), int(line.removeprefix("line "))) for s in streams for ts, line in s["values"]]
            yield from (number for _, number in page)
            if len(page) < 5000:
                return
            end = min(ts for ts, _ in page)

    def traces(self):
        for number in self.acknowledged["traces"]:
            status, body = self.server.request(f"/tempo/api/traces/{trace_id(number)}")
            if status == 404:
                continue
            spans = [s["name"] for b in json.loads(body)["batches"] for c in b["scopeSpans"] for s in c["spans"]]
            assert sorted(spans) == ["span 1", "span 2"], (number, spans)
            yield number
        query = urllib.parse.urlencode({"limit": 200_000, "spss": 1})
        status, body = self.server.request("/tempo/api/search?" + query)
        ids = [t["traceID"] for t in json.loads(body)["traces"]]
        assert status == 200 and len(ids) == len(set(ids)) >= len(self.acknowledged["traces"])
