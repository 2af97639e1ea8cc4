"""The same samples in Debian's Prometheus and in ours: every expression must be answered alike.

Sample times lie off the edges of every window and off the multiples of every subquery step, because Prometheus 2 counts
a sample on the left edge and we, as Prometheus 3, do not.
"""
import json
import math
import random
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from conftest import until

from remote_write import HEADERS, STALE, series, snappy, write_request

STEP = 15
COUNT = 180
OFF_GRID = 7


def counter(rng, start, rate, resets=()):
    value = start
    for i in range(COUNT):
        value = rate if i in resets else value + rng.randint(rate // 2, rate * 2)
        yield float(value)


def samples(base, values, every=1):
    return [((base + OFF_GRID + i * STEP * every) * 1000, v) for i, v in enumerate(values) if v is not None]


def data_set(base):
    rng = random.Random(7)
    out = []

    def add(labels, values, every=1):
        out.append((labels, samples(base, values, every)))

    for job in ("api", "web"):
        for instance in ("a:1", "b:2", "c:3"):
            for code in ("200", "500"):
                resets = (60, 130) if instance == "b:2" else ()
                add({"__name__": "http_requests_total", "job": job, "instance": instance, "code": code},
                    counter(rng, 5000, 20 if code == "200" else 4, resets))
            add({"__name__": "app_info", "job": job, "instance": instance, "version": f"v{len(instance)}.{job}"}, [1.0] * COUNT)
            add({"__name__": "mem_bytes", "job": job, "instance": instance},
                [1e9 + rng.randint(-10**8, 10**8) for _ in range(COUNT)])
    for cpu in range(3):
        for mode in ("idle", "user"):
            add({"__name__": "load", "cpu": str(cpu), "mode": mode},
                [math.sin(i / 9 + cpu) * (2 if mode == "idle" else -0.5) for i in range(COUNT)])
    for job in ("api", "web"):
        total = [0] * 6
        rows = [[] for _ in range(6)]
        for _ in range(COUNT):
            for b in range(6):
                total[b] += rng.randint(0, 3) + (b > 0)
            for b in range(6):
                rows[b].append(float(sum(total[: b + 1]) + 100 * (b + 1)))
        for le, row in zip(("0.1", "0.5", "1", "2.5", "10", "+Inf"), rows):
            add({"__name__": "latency_seconds_bucket", "job": job, "le": le}, row)
        add({"__name__": "latency_seconds_count", "job": job}, rows[-1])
        add({"__name__": "latency_seconds_sum", "job": job}, [x * 0.7 for x in rows[-1]])
    odd = {"nan": math.nan, "inf": math.inf, "ninf": -math.inf, "nzero": -0.0, "zero": 0.0, "big": 1e21, "small": 1e-7,
           "third": 1 / 3, "neg": -2.5, "half": 2.5, "max": 1.7e308}
    for kind, value in odd.items():
        add({"__name__": "odd", "kind": kind}, [value] * COUNT)
    add({"__name__": "stops"}, [float(i) for i in range(100)] + [STALE])
    add({"__name__": "pauses", "x": "1"}, [float(i) if i < 80 else STALE if i == 80 else None if i < 120 else i * 2.0
                                         for i in range(COUNT)])
    add({"__name__": "sparse"}, [float(i * i) for i in range(COUNT // 16)], every=16)
    add({"__name__": "hole_total"}, [1000.0 + i * 3 if not 70 <= i < 110 else None for i in range(COUNT)])
    add({"__name__": "steps"}, [float(i // 20) for i in range(COUNT)])
    add({"__name__": "flips"}, [float(i % 3 % 2) for i in range(COUNT)])
    add({"__name__": "text", "path": "/a/b?c=\"d\"\\e", "word": "größe"}, [3.0] * COUNT)
    add({"__name__": "dated"}, [1.6e9 + i * 86400.5 for i in range(COUNT)])
    return out


EXPRESSIONS = """
http_requests_total
http_requests_total{job="api",code!="500"}
http_requests_total{instance=~"a.*|c:3"}
http_requests_total{instance!~"a.*"}
{__name__=~"mem_.*",job="web"}
http_requests_total offset 5m
http_requests_total offset -2m
http_requests_total{nope=""}
http_requests_total{job="none"}
odd
-odd
+odd
odd * 1
odd + 0
odd == 2.5
odd != 2.5
odd > bool 0
odd >= -2.5
0 < odd
odd % 2
odd ^ 2
2 ^ odd
odd / 0
-1 ^ 2
1 / 0
-1 / 0
0 / 0
-0
1e21
1e-7
1e300 * 1e10
2 ^ 3 ^ 2
7 % -3
1 > bool 2
time() - time()
vector(1)
vector(time()) - time()
scalar(odd{kind="half"})
scalar(odd)
"text"
rate(http_requests_total[5m])
rate(http_requests_total[37s])
increase(http_requests_total[10m])
irate(http_requests_total[5m])
delta(mem_bytes[5m])
idelta(mem_bytes[5m])
deriv(mem_bytes[10m])
deriv(steps[1m])
predict_linear(mem_bytes[10m], 3600)
rate(hole_total[4m])
rate(hole_total[20m])
increase(stops[5m])
rate(sparse[5m])
rate(sparse[15m])
changes(flips[5m])
resets(flips[5m])
resets(http_requests_total[20m])
sum_over_time(load[5m])
avg_over_time(load[5m])
min_over_time(load[5m])
max_over_time(load[5m])
count_over_time(load[5m])
stddev_over_time(load[5m])
stdvar_over_time(load[5m])
quantile_over_time(0.9, load[5m])
quantile_over_time(1.5, load[5m])
quantile_over_time(-1, load[5m])
last_over_time(load[5m])
present_over_time(load[5m])
absent_over_time(load[5m])
absent_over_time(nothing{a="b"}[5m])
absent_over_time(stops[5m])
avg_over_time(odd[2m])
max_over_time(odd[2m])
min_over_time(odd{kind=~"nan|big"}[2m])
sum_over_time(odd[2m])
stops
pauses
count_over_time(pauses[5m])
absent(stops)
absent(load)
absent(nothing{a="b",c=~"d"})
absent(sum(nothing))
timestamp(load)
timestamp(load * 1)
timestamp(sparse)
sum(http_requests_total)
sum by (job) (rate(http_requests_total[5m]))
sum without (instance, code) (http_requests_total)
avg by (mode) (load)
min by (mode) (load)
max by (mode) (load)
count by (job) (http_requests_total)
group by (job) (http_requests_total)
stddev(load)
stdvar by (mode) (load)
quantile(0.5, load)
quantile by (mode) (0.25, load)
quantile(2, load)
quantile(NaN, load)
count_values("v", steps)
count_values("v", odd)
count_values by (mode) ("v", load > bool 0)
sum(odd)
avg(odd)
min(odd)
max(odd)
sum(odd{kind!~"n?inf|nan|max"})
avg(odd{kind=~"max|third"})
topk(2, load)
bottomk(2, load)
topk by (mode) (1, load)
topk(3, odd)
bottomk(3, odd)
topk(0, load)
topk(100, load)
sort(load)
sort_desc(load)
sort(odd)
abs(load)
ceil(load)
floor(load)
exp(load)
ln(abs(load))
log2(abs(load))
log10(abs(load))
sqrt(abs(load))
sgn(odd)
round(load, 0.1)
round(odd)
round(mem_bytes, 1e6)
clamp(load, -0.2, 0.3)
clamp(load, 1, 0)
clamp_min(odd, 0)
clamp_max(odd, 1)
sin(load) + cos(load) + tan(load)
asin(load / 3) + acos(load / 3) + atan(load)
sinh(load) + cosh(load) + tanh(load)
deg(rad(load))
pi() * 2
minute(dated)
hour(dated)
day_of_week(dated)
day_of_month(dated)
day_of_year(dated)
days_in_month(dated)
month(dated)
year(dated)
year()
day_of_week(vector(-86400))
http_requests_total + http_requests_total
http_requests_total / ignoring(code) group_left mem_bytes
http_requests_total * on(instance, job) group_left(version) app_info
app_info * on(instance, job) group_right(version) http_requests_total
sum by (job) (http_requests_total) / on(job) count by (job) (http_requests_total)
load{mode="idle"} - ignoring(mode) load{mode="user"}
load{mode="idle"} > ignoring(mode) load{mode="user"}
load{mode="idle"} > bool on(cpu) load{mode="user"}
load == load
odd == odd
odd != odd
load and load{mode="idle"}
load and on(cpu) load{cpu="1"}
load or mem_bytes
load unless load{cpu="0"}
load unless on(mode) load{cpu="0"}
load and on() vector(1)
vector(1) or load
load{cpu="0"} or on(cpu) load
(load > 0) or (load * 100)
load > 0 and load < 0.4
http_requests_total > ignoring(code) group_left mem_bytes
mem_bytes < ignoring(code) group_right http_requests_total
histogram_quantile(0.9, latency_seconds_bucket)
histogram_quantile(0.5, sum by (le) (rate(latency_seconds_bucket[5m])))
histogram_quantile(0, latency_seconds_bucket)
histogram_quantile(1, latency_seconds_bucket)
histogram_quantile(1.1, latency_seconds_bucket)
histogram_quantile(-0.1, latency_seconds_bucket)
histogram_quantile(0.9, latency_seconds_bucket{le!="+Inf"})
histogram_quantile(0.9, latency_seconds_bucket{le!="1"} * (1 - 2 * (latency_seconds_bucket{le!="1"} > bool 1e9)))
rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m])
label_replace(load, "core", "c$1", "cpu", "(.*)")
label_replace(load, "core", "$1-${2}$$", "mode", "(i|u)(.).*")
label_replace(load, "mode", "", "mode", ".*")
label_replace(load, "x", "y", "cpu", "no")
label_join(load, "both", "-", "cpu", "mode", "nope")
text
text{word="größe"}
text{path=~"/a.*"}
max_over_time(load[5m:30s])
max_over_time(rate(http_requests_total[2m])[10m:1m])
avg_over_time(load[5m:])
count_over_time(load[5m:30s] offset 2m)
sum_over_time((load > 0)[10m:1m])
count_over_time(stops[20m:1m])
increase(http_requests_total[5m:30s])
min_over_time(sum by (mode) (load)[5m:1m])
last_over_time(load[1m:1m])
load @ BASE
rate(http_requests_total[5m] @ BASE)
load @ BASE offset 1m
sum(load @ start()) + sum(load @ end())
load - load @ end()
max_over_time(load[5m:1m] @ BASE)
timestamp(load @ BASE)
load OR vector(7)
SUM(load) BY (mode)
load # a comment
{"a": 1}
""".strip().splitlines()

FAULTS = """
load{
foo bar
sum(load) by
{}
{x=""}
load[5m] + 1
rate(load)
rate(load[0s])
1 == 2
load == ignoring(cpu) load
load / on(mode) load
load * on(cpu) group_left load
topk(NaN, load)
label_replace(load, "x", "$1", "cpu", "(")
label_replace(load, "cpu", "same", "cpu", ".*") * 1
absent_over_time(load)
{__name__="a",__name__="b"
sum(1)
nosuchfunction(load)
load and 1
1 and load
load > bool
-"a"
""".strip().splitlines()


class Peer:
    FLAGS = ()

    def __init__(self, directory, *features, config="{}\n"):
        (directory / "prometheus.yml").write_text(config)
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/tsdb",
             "--web.listen-address=127.0.0.1:0", "--web.enable-remote-write-receiver",
             "--enable-feature=" + ",".join(("promql-negative-offset", "promql-at-modifier", *features)), *self.FLAGS], stderr=subprocess.PIPE, text=True)
        self.url = "http://" + self.address()
        until(lambda: self.request("/-/ready")[0] == 200)

    def address(self):
        """From its log, or from the sockets of its process: which of them says it depends on the version."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            line = self.process.stderr.readline()
            found = re.search(r'msg="Listening on" address=(\S+)', line)
            if found and not found.group(1).endswith(":0"):
                return found.group(1)
            if "Server is ready to receive" in line:
                listing = subprocess.run(["ss", "-ltnp"], capture_output=True, text=True, check=True).stdout
                ours = [row for row in listing.splitlines() if f"pid={self.process.pid}," in row]
                return ours[0].split()[3]
        raise AssertionError("the peer does not listen")

    def request(self, path, body=None, headers=None):
        request = urllib.request.Request(self.url + path, data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def stop(self):
        self.process.terminate()
        self.process.communicate()


@pytest.fixture
def peer(tmp_path):
    directory = tmp_path / "peer"
    directory.mkdir()
    running = Peer(directory)
    yield running
    running.stop()


def ask(server, path, **params):
    status, body = server.request(f"/api/v1/{path}?" + urllib.parse.urlencode(params))
    return status, json.loads(body)


def same_number(ours, theirs):
    if ours == theirs:
        return True
    a, b = float(ours), float(theirs)
    # Equal numbers must be written alike; sums may differ in their last digits.
    return a != b and math.isclose(a, b, rel_tol=1e-11, abs_tol=1e-12)


def same_points(ours, theirs):
    return len(ours) == len(theirs) and all(
        a[0] == b[0] and same_number(a[1], b[1]) for a, b in zip(ours, theirs))


def by_labels(result):
    return sorted(result, key=lambda row: sorted(row["metric"].items()))


def points(row):
    return row["values"] if "values" in row else [row["value"]]


def difference(expression, ours, theirs):
    if ours[0] != theirs[0]:
        return f"{ours[0]} {ours[1].get('error')} | {theirs[0]} {theirs[1].get('error')}"
    if theirs[0] != 200:
        kinds = ours[1]["errorType"], theirs[1]["errorType"]
        return None if kinds[0] == kinds[1] else f"{kinds}"
    ours, theirs = ours[1]["data"], theirs[1]["data"]
    if ours["resultType"] != theirs["resultType"]:
        return f"{ours['resultType']} | {theirs['resultType']}"
    ours, theirs = ours["result"], theirs["result"]
    if isinstance(theirs, list) and theirs and not isinstance(theirs[0], dict):
        return None if same_points([ours], [theirs]) or ours == theirs else f"{ours} | {theirs}"
    if not expression.startswith(("sort", "topk", "bottomk")):
        ours, theirs = by_labels(ours), by_labels(theirs)
    elif [points(row)[0][1] for row in ours] == [points(row)[0][1] for row in theirs]:
        # Equal values may stand in any order.
        ours, theirs = by_labels(ours), by_labels(theirs)
    equal = len(ours) == len(theirs) and all(
        a["metric"] == b["metric"] and same_points(points(a), points(b)) for a, b in zip(ours, theirs))
    if equal:
        return None
    for a, b in zip(ours, theirs):
        if a["metric"] != b["metric"] or not same_points(points(a), points(b)):
            return f"{len(ours)} | {len(theirs)} rows, first: {str(a)[:300]} | {str(b)[:300]}"
    return f"{len(ours)} | {len(theirs)} rows: {str(ours)[:300]} | {str(theirs)[:300]}"


def fill(servers, base):
    body = snappy(write_request([series(labels, points) for labels, points in data_set(base)]))
    for server in servers:
        status, answer = server.request("/api/v1/write", body, HEADERS)
        assert status == 204, answer


def test_answers_equal_those_of_prometheus(server, peer):
    base = int(time.time()) // 600 * 600 - 3600
    fill([server, peer], base)
    differences = []
    for expression in EXPRESSIONS + FAULTS:
        text = expression.replace("BASE", str(base + 1503))
        kinds = [("query", {"time": base + 1203}), ("query", {"time": base + 2643.5}),
                 ("query_range", {"start": base + 303, "end": base + 2703, "step": 60})]
        for path, times in kinds:
            ours, theirs = (ask(one, path, query=text, **times) for one in (server, peer))
            if found := difference(text, ours, theirs):
                differences.append(f"{path} {times} {text}\n    {found}")
    assert not differences, f"{len(differences)} differences:\n" + "\n".join(differences)
