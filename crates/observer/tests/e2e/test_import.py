"""What a Prometheus has on disk becomes ours: answers equal its own, whatever they are made of."""
import json
import random
import shutil
import signal
import subprocess
import time

import pytest

from conftest import BINARY, Server, until
from importing import Prometheus, answers, blocks_of, run_import, total
from remote_write import HEADERS, STALE, histogram, series, snappy, write_request

STEP = 15


@pytest.fixture
def prometheus(tmp_path):
    started = []

    def start(directory, *flags):
        started.append(Prometheus(directory, *flags))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill()


@pytest.fixture
def serve(tmp_path):
    started = []

    def start(data_dir):
        started.append(Server(data_dir))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.stop()


def open_metrics(start, hours, series_count=12):
    rng = random.Random(3)
    lines = ["# TYPE requests counter"]
    for s in range(series_count):
        total = 50_000
        for i in range(hours * 3600 // STEP):
            total = rng.randint(10_000, 20_000) if i % 700 == 650 else total + rng.randint(0, 9)
            lines.append(f'requests_total{{s="{s}",job="api"}} {total} {start + i * STEP}')
    lines.append("# TYPE temperature gauge")
    for s in range(series_count):
        for i in range(hours * 3600 // STEP):
            value = ("NaN", "+Inf", "-Inf", "-0")[i % 4] if i % 97 < 4 else f"{rng.random() * 40 - 10:.17g}"
            lines.append(f'temperature{{s="{s}",room="größe \\"{s}\\""}} {value} {start + i * STEP}')
    return "\n".join([*lines, "# EOF\n"])


def queries(start, end, metric='{__name__=~".+"}'):
    """Every sample of every series, and some of what is asked of them."""
    middle, step = (start + end) // 2, max((end - start) // 50 // STEP * STEP, STEP)
    # No sample lies on the edge of a window, where Prometheus 2 and 3 differ.
    raw = [("query", {"query": f"{metric}[{end - start + 60}s]", "time": end + 7})]
    ranges = [metric, "rate(requests_total[5m])", "sum by (job) (increase(requests_total[30m]))", "count(temperature)",
              "max_over_time(temperature[7m])", "resets(requests_total[2h])", "sum(rate(latency[10m]))",
              "histogram_count(rate(latency[20m]))", "histogram_count(sizes)", "late", "stops"]
    grid = {"start": start + 7, "end": end + 600, "step": step}
    times = {"start": start, "end": end + 60}
    return raw + [("query_range", {"query": query, **grid}) for query in ranges] + [
        ("query", {"query": metric, "time": middle + 7}), ("series", {"match[]": metric, **times}), ("labels", times),
        ("label/s/values", times)]


def assert_same(ours, theirs):
    for query, want in theirs.items():
        found = ours[query]
        if query.startswith("series"):
            want, found = ([sorted(one.items()) for one in all_series] for all_series in (want, found))
            want.sort(), found.sort()
        if found != want:
            if isinstance(want, dict):
                a, b = found["result"], want["result"]
                assert [row["metric"] for row in a] == [row["metric"] for row in b], query
                for mine, other in zip(a, b):
                    assert_rows(query, mine, other)
            else:
                assert found == want, query


def assert_rows(query, mine, other):
    """Sums may differ in their last digits, samples may not."""
    is_raw = query.startswith("query {") and "[" in query
    for key in ("values", "histograms", "value", "histogram"):
        a, b = mine.get(key, []), other.get(key, [])
        if is_raw or a == b:
            assert a == b, (query, mine["metric"], key)
            continue
        a, b = ([a], [b]) if key in ("value", "histogram") else (a, b)
        assert [point[0] for point in a] == [point[0] for point in b], (query, mine["metric"])
        for left, right in zip(a, b):
            if isinstance(left[1], str):
                assert float(left[1]) == pytest.approx(float(right[1]), rel=1e-10, abs=1e-12, nan_ok=True), (query, mine["metric"])
            else:
                for part in ("count", "sum"):
                    assert float(left[1][part]) == pytest.approx(float(right[1][part]), rel=1e-10), (query, mine["metric"])


def day_ago(hours):
    return int(time.time()) // 7200 * 7200 - hours * 3600


def test_blocks_and_what_was_deleted_of_them(tmp_path, prometheus, serve):
    start, hours = day_ago(24), 9
    source = blocks_of(open_metrics(start, hours), tmp_path / "tsdb")
    theirs = prometheus(source)
    theirs.post("admin/tsdb/delete_series", **{"match[]": 'requests_total{s="3"}', "start": start + 3600, "end": start + 5 * 3600})
    theirs.post("admin/tsdb/delete_series", **{"match[]": 'temperature{s="5"}'})
    asked = queries(start, start + hours * 3600)
    want = answers(theirs, asked)
    theirs.stop()
    code, printed, _ = run_import(source, tmp_path / "ours")
    assert code == 0, printed
    read, written = total(printed)
    assert read["samples"] == 24 * hours * 240
    deleted = hours * 240 + 4 * 240 + 1
    assert written["samples"] == read["samples"] - deleted
    assert f"not written: {deleted} samples: deleted in Prometheus" in printed
    assert printed.splitlines()[-1].startswith("verified:")
    assert_same(answers(serve(tmp_path / "ours"), asked), want)


def remote_write(server, *all_series):
    status, body = server.request("/api/v1/write", snappy(write_request(all_series)), HEADERS)
    assert status in (200, 204), body


def counts(i):
    return [10 + i, 20 + 2 * i, 5, 7 + i]


def feed(server, start, count, first=0, reset=150, gauges=True):
    """Floats, stale markers, integer and float histograms, gauges of them, exemplars; in steps, as a scrape would."""
    for begin in range(first, count, 40):
        steps = range(begin, min(begin + 40, count))
        at = {i: (start + i * STEP) * 1000 + 1 for i in steps}
        floats = [series({"__name__": "requests_total", "job": "api", "s": str(s)}, [(at[i], float(i * (s + 1))) for i in steps],
                         [([("trace_id", f"{s}-{i}")], float(i), at[i]) for i in steps if i % 50 == 7])
                  for s in range(5)]
        floats += [series({"__name__": "temperature", "s": str(s)}, [(at[i], (i * 7919 % 1000) / 7) for i in steps]) for s in range(5)]
        floats.append(series({"__name__": "stops"}, [(at[i], STALE if i % 90 == 60 else 1.0) for i in steps if i % 90 <= 60]))
        latency = [histogram(at[i], 42 + 4 * i, 0.5 * i, schema=3, zero=i, threshold=1e-3,
                             positive=([(0, 2), (3, 2)], counts(i if i % reset else 0))) for i in steps]
        sizes = [histogram(at[i], 50.5 + i % 20, 1.5 * i, schema=0, zero=0.5, threshold=2.0,
                           positive=([(-1, 2)], [20.25 + i % 20, 9.75]), negative=([(4, 2)], [10.0, 10.0]), hint=3) for i in steps]
        remote_write(server, *floats, series({"__name__": "latency", "job": "api"}, histograms=latency),
                     *[series({"__name__": "sizes"}, histograms=sizes)] * gauges)


@pytest.mark.parametrize("end", ["killed", "stopped"])
def test_memory_with_histograms_late_samples_and_deletions(tmp_path, prometheus, serve, end):
    count = 400
    start = int(time.time()) // STEP * STEP - count * STEP
    theirs = prometheus(tmp_path / "tsdb")
    feed(theirs, start, count)
    late = [(start + i * STEP) * 1000 for i in range(count)]
    remote_write(theirs, series({"__name__": "late"}, [(late[300], 1.0)]))
    for i in (310, 200, 205, 250, 204, 320):
        remote_write(theirs, series({"__name__": "late"}, [(late[i], float(i))]))
    theirs.post("admin/tsdb/delete_series", **{"match[]": 'requests_total{s="2"}', "start": start + 1000, "end": start + 2000})
    theirs.post("admin/tsdb/delete_series", **{"match[]": 'temperature{s="4"}'})
    remote_write(theirs, series({"__name__": "temperature", "s": "4"}, [((start + count * STEP) * 1000 + 2, 9.0)]))
    asked = queries(start, start + count * STEP)
    exemplars = [("query_exemplars", {"query": '{__name__=~".+"}', "start": start, "end": start + count * STEP})]
    want, want_exemplars = answers(theirs, asked), answers(theirs, exemplars)
    theirs.kill() if end == "killed" else theirs.stop()
    code, printed, _ = run_import(tmp_path / "tsdb", tmp_path / "ours")
    assert code == 0, printed
    _, written = total(printed)
    assert written["histograms"] == 2 * count
    assert written["exemplars"] == 40
    assert "deleted in Prometheus" in printed
    ours = serve(tmp_path / "ours")
    assert_same(answers(ours, asked), want)
    of_series = lambda found: sorted(json.dumps(row, sort_keys=True) for rows in found.values() for row in rows)
    assert of_series(answers(ours, exemplars)) == of_series(want_exemplars)


def metas(directory):
    """What blocks say of themselves; some go while they are looked at, as larger ones take their place."""
    found = {}
    for meta in directory.glob("01*[0-9A-Z]/meta.json"):
        try:
            found[meta.parent.name] = json.loads(meta.read_text())
        except FileNotFoundError:
            pass
    return found


def newest_of_blocks(directory):
    return max((meta["maxTime"] // 1000 for meta in metas(directory).values()), default=0)


def test_blocks_checkpoint_mapped_chunks_and_log_together(tmp_path, prometheus, serve):
    count = 12 * 240
    start = int(time.time()) // 3600 * 3600 - 2 * count * STEP
    theirs = prometheus(tmp_path / "tsdb", "--storage.tsdb.min-block-duration=30m", "--storage.tsdb.max-block-duration=2h")
    steps = 240
    for first in range(0, count, steps):
        feed(theirs, start, first + steps, first)
        # Late samples become blocks of their own, that lie over the others.
        for i in (first + 239, *range(first, first + 200, 10)):
            remote_write(theirs, series({"__name__": "late"}, [((start + i * STEP) * 1000 + 5, float(i))]))
        # Blocks are cut in the background, once memory holds more than one and a half.
        until(lambda: newest_of_blocks(theirs.dir) >= start + first * STEP + 1800)
    until(lambda: list((theirs.dir / "wal").glob("checkpoint.*[0-9]")))
    asked = queries(start, start + count * STEP)
    want = answers(theirs, asked)
    theirs.kill()
    assert list((theirs.dir / "chunks_head").iterdir())
    code, printed, _ = run_import(theirs.dir, tmp_path / "ours")
    assert code == 0, printed
    ours = serve(tmp_path / "ours")
    assert_same(answers(ours, asked), want)
    ours.stop()
    code, printed, _ = run_import(theirs.dir, tmp_path / "ours")
    assert code == 0 and printed.count("was in already") == printed.count("\nblock ") + 1, printed
    # Prometheus goes on: it makes larger blocks of smaller ones, and cuts blocks from what was in memory.
    theirs.start()
    before, steps = metas(theirs.dir), 1440
    feed(theirs, start, count + steps, count)
    until(lambda: newest_of_blocks(theirs.dir) >= start + count * STEP + 5 * 3600)
    asked = queries(start, start + (count + steps) * STEP)
    want = answers(theirs, asked)
    theirs.kill()
    code, printed, _ = run_import(theirs.dir, tmp_path / "ours")
    sources = lambda some: {source for meta in some.values() for source in meta["compaction"]["sources"]}
    # Whether some of the larger ones are of old ones only depends on when it was killed.
    merged = [ulid for ulid, meta in metas(theirs.dir).items()
              if ulid not in before and set(meta["compaction"]["sources"]) <= sources(before)]
    assert code == 0 and printed.count("as the blocks it was made of") == len(merged) and "repeated: " in printed, printed
    ours.start()
    assert_same(answers(ours, asked), want)


def test_a_snapshot(tmp_path, prometheus, serve):
    count = 300
    start = int(time.time()) // STEP * STEP - count * STEP
    theirs = prometheus(tmp_path / "tsdb")
    # Version 2.42 cannot write a snapshot of histograms that go down.
    feed(theirs, start, count, reset=count + 1, gauges=False)
    theirs.post("admin/tsdb/delete_series", **{"match[]": "temperature", "start": start + 600, "end": start + 1200})
    name = theirs.post("admin/tsdb/snapshot")["data"]["name"]
    asked = queries(start, start + count * STEP)
    want = answers(theirs, asked)
    code, printed, _ = run_import(tmp_path / "tsdb/snapshots" / name, tmp_path / "ours")
    assert code == 0, printed
    assert_same(answers(serve(tmp_path / "ours"), asked), want)


def test_one_that_is_killed_goes_on_where_it_was(tmp_path, serve):
    start, hours = day_ago(40), 36
    source = blocks_of(open_metrics(start, hours, 20), tmp_path / "tsdb")
    # Several times, each after another two blocks.
    for _ in range(4):
        cut_off = subprocess.Popen([BINARY, "import", "prometheus", source, "--data-dir", tmp_path / "ours"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        written = (line for line in cut_off.stderr if "samples written" in line)
        next(written), next(written)
        cut_off.send_signal(signal.SIGKILL)
        cut_off.communicate()
    code, printed, _ = run_import(source, tmp_path / "ours")
    assert code == 0, printed
    done = printed.count("was in already")
    assert 8 <= done < printed.count("\nblock "), printed
    read, written = total(printed)
    assert read == written and read["samples"] == 40 * hours * 240
    assert "repeated" not in printed
    found = serve(tmp_path / "ours").query(f"sum(count_over_time({{__name__=~'.+'}}[{hours + 1}h]))", time=start + hours * 3600)
    assert found[0]["value"][1] == str(40 * hours * 240)


def test_what_is_past_retention_is_told(tmp_path):
    start = day_ago(17 * 24)
    source = blocks_of(open_metrics(start, 4, 2), tmp_path / "tsdb")
    code, printed, _ = run_import(source, tmp_path / "ours")
    assert code == 0 and "(the retention; --start takes more)" in printed
    read, written = total(printed)
    assert read["samples"] == 4 * 4 * 240 and written == {}
    code, printed, _ = run_import(source, tmp_path / "ours", "--start", str(start + 3600))
    assert code == 0 and total(printed)[1]["samples"] == 4 * 3 * 240
    code, printed, _ = run_import(source, tmp_path / "ours", "--start", "1970-01-01T00:00:00Z")
    assert code == 0 and total(printed)[1]["samples"] == 960 + 1920 and "960 samples: repeated" in printed, printed


def test_what_the_server_will_not_keep_is_told(tmp_path):
    source = blocks_of(open_metrics(day_ago(24), 2, 2), tmp_path / "tsdb")
    config = tmp_path / "observer.yml"
    config.write_text(f"storage: {{data_dir: {tmp_path}/ours}}\nmetrics: {{retention: {{time: 30d, size: 1KB}}}}\n")
    done = subprocess.run([BINARY, "import", "prometheus", source, "--config", config, "--tenant", "team"], capture_output=True, text=True)
    assert done.returncode == 0 and "the server keeps 1000 (metrics.retention.size)" in done.stdout, done.stdout
    assert list((tmp_path / "ours/metrics/tenants/team").glob("*.block"))


def test_what_cannot_be_imported_is_refused(tmp_path, serve, prometheus):
    start = day_ago(24)
    source = blocks_of(open_metrics(start, 2, 2), tmp_path / "tsdb")
    ours = tmp_path / "ours"
    empty = tmp_path / "empty"
    empty.mkdir()
    for directory, why in ((empty, "neither blocks nor a wal"), (tmp_path / "nowhere", "does not exist"),
                           (next(source.glob("01*")), "single block")):
        code, _, told = run_import(directory, ours)
        assert code == 1 and why in told, told
    code, _, told = run_import(source, ours, "--tenant", "a/b")
    assert code == 1 and "--tenant" in told
    running = serve(ours)
    code, _, told = run_import(source, ours)
    assert code == 1 and "in use by another process" in told, told
    running.stop()
    theirs = prometheus(source)
    code, _, told = run_import(source, ours)
    assert code == 1 and "a Prometheus is running" in told and "snapshot" in told, told
    theirs.stop()
    block = next(source.glob("01*"))
    meta = json.loads((block / "meta.json").read_text())
    (block / "meta.json").write_text(json.dumps({**meta, "version": 9}))
    code, _, told = run_import(source, ours)
    assert code == 1 and "version 9 of blocks" in told, told


def test_a_damaged_block_does_not_keep_the_others(tmp_path):
    start = day_ago(24)
    source = blocks_of(open_metrics(start, 6, 2), tmp_path / "tsdb")
    blocks = sorted(source.glob("01*"))
    chunks = blocks[1] / "chunks/000001"
    data = bytearray(chunks.read_bytes())
    data[len(data) // 2] ^= 4
    whole = chunks.read_bytes()
    chunks.write_bytes(data)
    code, printed, _ = run_import(source, tmp_path / "ours")
    assert code == 1 and "FAILED" in printed and f"{chunks} is damaged at offset" in printed, printed
    assert printed.count(": verified\n") == len(blocks) - 1
    chunks.write_bytes(whole)
    code, printed, _ = run_import(source, tmp_path / "ours")
    assert code == 0 and printed.count("was in already") == len(blocks) - 1, printed
    shutil.rmtree(tmp_path / "ours")
