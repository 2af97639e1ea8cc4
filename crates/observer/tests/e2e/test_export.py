"""What is exported goes into Prometheus: promtool makes blocks of it, and a server on these answers as ours does."""
import json
import math
import pathlib
import random
import subprocess
import time
import urllib.parse

import pytest

import conftest
from remote_write import HEADERS, HEADERS_2, STALE, Symbols, histogram, series, snappy, write_request
from test_promql_peer import Peer, ask, difference

STEP = 15
HOURS = 6
COUNT = HOURS * 3600 // STEP
OFF_GRID_MS = 781
# Kinds of metadata in remote write 2.0.
COUNTER, GAUGE, HISTOGRAM = 1, 2, 3


def times(base, count=COUNT):
    return [base * 1000 + OFF_GRID_MS + i * STEP * 1000 for i in range(count)]


def classic_data(base):
    """Label sets and samples that every version of Prometheus knows."""
    rng = random.Random(3)
    at = times(base)
    out = []
    for code in ("200", "500"):
        total, values = 0.0, []
        for i in range(COUNT):
            total = 0.0 if i == 900 else total + rng.randint(0, 9)
            values.append(total)
        out.append(({"__name__": "requests_total", "code": code, "job": "api"}, list(zip(at, values))))
    for le, factor in (("0.1", 1), ("1", 2), ("+Inf", 3)):
        out.append(({"__name__": "lat_seconds_bucket", "le": le}, [(t, float(i * factor)) for i, t in enumerate(at)]))
    out.append(({"__name__": "lat_seconds_count"}, [(t, float(i * 3)) for i, t in enumerate(at)]))
    out.append(({"__name__": "lat_seconds_sum"}, [(t, i * 0.7) for i, t in enumerate(at)]))
    out.append(({"__name__": "temp_celsius", "room": "größe"}, [(t, math.sin(i / 90) / 3) for i, t in enumerate(at)]))
    odd = {"nan": math.nan, "inf": math.inf, "ninf": -math.inf, "nzero": -0.0, "big": 1e21, "small": 5e-324, "third": 1 / 3,
           "max": 1.7976931348623157e308, "exact": 2.0**53 + 2}
    out += [({"__name__": "odd", "kind": kind}, [(t, value) for t in at[::7]]) for kind, value in odd.items()]
    texts = ['a"b', "a\\b", "a\\", "a\nb", "\\n", "{x=\"y\"} 1 # EOF", "#", " ", "a\tb\r", "日本\U0001f600", "x" * 5000, "\x00", "a\x00b"]
    out += [({"__name__": "texts", "text": text, "n": str(i)}, [(t, float(i)) for t in at[::50]]) for i, text in enumerate(texts)]
    # A series that ends, and one of a single sample at the edge of two blocks.
    out.append(({"__name__": "stops"}, [(t, 1.0) for t in at[:300]] + [(at[300], STALE)]))
    out.append(({"__name__": "edge"}, [(base // 7200 * 7200_000 + 7200_000, 5.0)]))
    # Every millisecond of a second and more.
    out.append(({"__name__": "dense:ms"}, [(at[9] + i, float(i)) for i in range(2500)]))
    return out


def send(server, body, headers=HEADERS):
    status, text = server.request("/api/v1/write", snappy(body), headers)
    assert status == 204, text


def fill(server, base):
    rows = classic_data(base)
    send(server, write_request(series(labels, samples) for labels, samples in rows))
    at = times(base)
    # In 2.0: metadata and exemplars.
    table = Symbols()
    exemplars = [({"trace_id": f"t{i}"}, 0.5, at[i] - 100) for i in range(0, 40, 10)]
    told = [table.series({"__name__": "told_seconds_total", "x": "y"}, [(t, float(i)) for i, t in enumerate(at[:100])],
                         exemplars=exemplars, metadata=(COUNTER, "Seconds \\ \"spent\"\nin\x00all.", "seconds")),
            table.series({"__name__": "temp_celsius", "room": "told"}, [(at[0], 1.0)], metadata=(GAUGE, "Warmth.", "fahrenheit"))]
    send(server, table.request(told), HEADERS_2)
    return sum(len(samples) for _, samples in rows) + 101 - 1  # but for the stale marker


def fill_native(server, base, count=50):
    rows = [histogram(t, 3 + 2 * i, 1.5 * i, positive=(((1, 2),), (1 + i, 2 + i))) for i, t in enumerate(times(base, count))]
    send(server, write_request([series({"__name__": "native", "a": "b"}, histograms=rows)]))
    return count


def export(*arguments, code=0):
    result = subprocess.run([conftest.BINARY, "export", "openmetrics", *map(str, arguments)], capture_output=True, timeout=300)
    assert result.returncode == code, (result.stdout[-2000:], result.stderr)
    return result.stdout.decode(), result.stderr.decode()


def promtool(*arguments, code=0):
    result = subprocess.run(["promtool", "tsdb", *map(str, arguments)], capture_output=True, text=True, errors="replace", timeout=300)
    assert result.returncode == code, (result.stdout[-2000:], result.stderr[-2000:])
    return result.stdout if code == 0 else result.stderr


def snapshot(server):
    status, body = server.request("/api/v1/admin/tsdb/snapshot", b"")
    assert status == 200, body
    return server.data_dir / "metrics/snapshots" / json.loads(body)["data"]["name"]


def tree(directory):
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in pathlib.Path(directory).rglob("*")}


@pytest.fixture
def peer_directory(tmp_path):
    directory = tmp_path / "peer"
    directory.mkdir()
    return directory


def peer_on(directory):
    """A Prometheus that has opened the blocks."""
    peer = Peer(directory)
    conftest.until(lambda: peer.request("/-/ready")[0] == 200)
    return peer


def raw(server, base):
    """All samples there are, by series."""
    result = ask(server, "query", query='{__name__=~".+"}[8h]', time=base + HOURS * 3600 + 600)[1]["data"]["result"]
    return {json.dumps(row["metric"], sort_keys=True): row["values"] for row in result}


EXPRESSIONS = """
sum by (code) (rate(requests_total[5m]))
increase(requests_total[1h])
histogram_quantile(0.9, rate(lat_seconds_bucket[10m]))
avg_over_time(temp_celsius[30m])
odd
count by (__name__) ({__name__=~".+"})
last_over_time(texts[15m])
""".strip().splitlines()


def test_a_prometheus_on_what_was_exported_answers_alike(server, peer_directory, tmp_path):
    base = int(time.time()) // 7200 * 7200 - (HOURS + 2) * 3600
    count = fill(server, base)
    taken = snapshot(server)
    before = tree(taken)
    out = tmp_path / "metrics.om"
    _, told = export("--snapshot", taken, "--output", out)
    assert tree(taken) == before, "a snapshot is not changed"
    assert f"{count} samples, 4 exemplars" in told and "left out: 1 stale markers" in told and "quoted" not in told, told
    text = out.read_text()
    assert '# TYPE told_seconds counter\n# UNIT told_seconds seconds\n# HELP told_seconds Seconds \\\\ \\"spent\\"\\nin\x00all.\n' in text
    assert "# TYPE temp_celsius gauge\n# HELP temp_celsius Warmth.\n" in text and "fahrenheit" not in text
    assert text.count(' # {trace_id="t') == 4

    blocks = peer_directory / "tsdb"
    promtool("create-blocks-from", "openmetrics", out, blocks)
    listed = [line.split() for line in promtool("list", blocks).splitlines()[1:]]
    assert sum(int(row[4]) for row in listed) == count and len(listed) >= HOURS // 2, listed
    (blocks / "wal").mkdir()  # a dump looks for one
    assert promtool("dump", blocks).count("\n") == count
    assert "Label pairs most involved in churning" in promtool("analyze", blocks)

    peer = peer_on(peer_directory)
    try:
        ours, theirs = raw(server, base), raw(peer, base)
        assert ours.keys() == theirs.keys()
        assert [key for key in ours if ours[key] != theirs[key]] == []
        assert sum(map(len, theirs.values())) == count
        differences = []
        for expression in EXPRESSIONS:
            for path, when in [("query", {"time": base + 3 * 3600 + 3}),
                               ("query_range", {"start": base + 7200 + 3, "end": base + HOURS * 3600, "step": 313})]:
                answers = [ask(one, path, query=expression, **when) for one in (server, peer)]
                assert answers[1][1]["data"]["result"], expression
                if found := difference(expression, *answers):
                    differences.append(f"{path} {expression}\n    {found}")
        assert not differences, "\n".join(differences)
    finally:
        peer.stop()


def test_a_stopped_server_s_directory_gives_the_same_text(server, tmp_path):
    base = int(time.time()) // 7200 * 7200 - (HOURS + 2) * 3600
    fill(server, base)
    fill_native(server, base)
    of_snapshot, _ = export("--snapshot", snapshot(server))
    _, told = export("--data-dir", server.data_dir, code=1)
    assert "in use by a running server" in told and "--snapshot" in told, told
    server.stop()
    before = tree(server.data_dir / "metrics")
    of_data, told = export("--data-dir", server.data_dir)
    assert of_data == of_snapshot and of_data.endswith("\n# EOF\n")
    assert "left out: 50 native histograms" in told, told
    assert tree(server.data_dir / "metrics") == before, "the directory is not changed"
    server.start()
    assert len(server.query("native[12h]")[0]["histograms"]) == 50
    assert list(tmp_path.glob("*.tmp")) == []


def test_native_histograms_become_classic_ones(server, peer_directory, tmp_path):
    base = int(time.time()) // 7200 * 7200 - 7200
    count = fill_native(server, base)
    out = tmp_path / "classic.om"
    _, told = export("--snapshot", snapshot(server), "--histograms", "classic", "-o", out)
    assert f"note: {count} native histograms" in told, told
    promtool("create-blocks-from", "openmetrics", out, peer_directory / "tsdb")
    peer = peer_on(peer_directory)
    try:
        at = {"time": base + count * STEP + 3}
        ours, theirs = [{json.dumps(row["metric"], sort_keys=True): row["value"][1] for row in ask(one, "query", query=query, **at)[1]["data"]["result"]}
                        for one, query in ((server, "histogram_count(native)"), (peer, "sum by (a) (native_count)"))]
        assert ours == theirs == {'{"a": "b"}': str(3 + 2 * (count - 1))}
        buckets = {row["metric"]["le"]: row["value"][1] for row in ask(peer, "query", query="native_bucket", **at)[1]["data"]["result"]}
        assert buckets == {"2.0": str(count), "4.0": str(2 * count + 1), "+Inf": str(3 + 2 * (count - 1))}
    finally:
        peer.stop()


def test_names_older_readers_refuse_are_quoted_or_escaped(server, tmp_path):
    now = int(time.time() * 1000)
    send(server, write_request([series({"__name__": "http.requests", "status.code": "200"}, [(now, 1.0)]),
                                series({"__name__": "http_requests", "status_code": "200"}, [(now, 2.0)]),
                                series({"__name__": "plain"}, [(now, 3.0)])]))
    taken = snapshot(server)
    text, told = export("--snapshot", taken)
    assert '\n{"http.requests","status.code"="200"} 1 ' in "\n" + text and "note: 1 series have quoted names" in told, (text, told)
    (tmp_path / "quoted.om").write_text(text)
    promtool("create-blocks-from", "openmetrics", tmp_path / "quoted.om", tmp_path / "quoted", code=1)
    for scheme, name, label, count in [("values", "U__http_2e_requests", "U__status_2e_code", 3),
                                       ("dots", "http_dot_requests", "status_dot_code", 3),
                                       ("underscores", "http_requests", "status_code", 2)]:
        out = tmp_path / f"{scheme}.om"
        _, told = export("--snapshot", taken, "--escaping", scheme, "-o", out)
        assert f'{name}{{{label}="200"}} 1 ' in out.read_text() and "quoted" not in told, told
        assert ("left out: 1 series whose names are others'" in told) == (count == 2), told
        promtool("create-blocks-from", "openmetrics", out, tmp_path / scheme)
        (tmp_path / scheme / "wal").mkdir()
        assert promtool("dump", tmp_path / scheme).count("\n") == count


def test_only_what_is_asked_for_is_written(server, tmp_path):
    now = int(time.time()) * 1000
    rows = [series({"__name__": name, "i": i}, [(now - 2000, 1.0), (now - 1000, 2.0), (now, 3.0)]) for name in ("a", "b") for i in "12"]
    send(server, write_request(rows))
    send(server, write_request([series({"__name__": "other"}, [(now, 1.0)])]), {**HEADERS, "X-Scope-OrgID": "team-b"})
    taken = snapshot(server)
    lines = lambda *arguments: [line for line in export("--snapshot", taken, *arguments)[0].splitlines() if not line.startswith("#")]
    assert len(lines()) == 12
    assert {line.split()[0] for line in lines("--match", 'a{i="1"}', "--match", '{i="1"}')} == {'a{i="1"}', 'b{i="1"}'}
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now // 1000 - 1))
    assert len(lines("--start", moment, "--end", str(now / 1000 - 0.5))) == 4
    assert [line.split()[0] for line in lines("--tenant", "team-b")] == ["other"]
    assert export("--snapshot", taken, "--match", "nothing")[0] == "# EOF\n"
    for arguments, words in [
        (["--snapshot", taken, "--match", "{"], "--match"),
        (["--snapshot", taken, "--match", "{}"], "match"),
        (["--snapshot", taken, "--start", "soon"], "--start: \"soon\" is neither RFC 3339 nor a number of seconds"),
        (["--snapshot", taken, "--start", "2", "--end", "1"], "--end lies before --start"),
        (["--snapshot", taken, "--tenant", "team-c"], "no metrics of tenant team-c; there are: default, team-b"),
        (["--snapshot", tmp_path], "holds no metrics"),
        (["--snapshot", taken, "-o", tmp_path / "no/such/dir"], "creating"),
    ]:
        out, told = export(*arguments, code=1)
        assert out == "" and words in told, told
    assert "--data-dir" in export(code=2)[1]
