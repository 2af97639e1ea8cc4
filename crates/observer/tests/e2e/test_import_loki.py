"""Chunks of a Loki are imported: whole, once, and again where it was cut off."""
import signal
import subprocess
import time

import pytest

import loki_chunks
from conftest import BINARY, Server, until

HOUR = 3600 * 10**9


def run_import(source, ours, *flags):
    done = subprocess.run([BINARY, "import", "loki", source, "--data-dir", ours, *flags], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stdout + done.stderr


def lines(server, query, tenant="default", **params):
    """Time, line and labels of what is there."""
    import json
    import urllib.parse
    end = time.time_ns() + HOUR
    params = {"query": query, "start": end - 200 * HOUR, "end": end, "limit": 5000, "direction": "forward", **params}
    status, body = server.request("/loki/api/v1/query_range?" + urllib.parse.urlencode(params),
                                  headers={"X-Scope-OrgID": tenant})
    assert status == 200, body
    found = json.loads(body)["data"]["result"]
    return sorted((int(t), line, tuple(sorted(s["stream"].items()))) for s in found for t, line in s["values"])


@pytest.fixture
def source(tmp_path):
    """Days of two tenants, an overlap and lines that came in no order."""
    now, root = time.time_ns(), tmp_path / "loki"
    want = {"fake": set(), "team": set()}
    for tenant, app in (("fake", "a"), ("fake", "b"), ("team", "a")):
        for day in range(4):
            t = now - day * 24 * HOUR - 2 * HOUR
            labels = {"app": app, "service_name": app}
            entries = [(t + (i * 7) % 50 * 10**9 + i, f"line {i} of day {day} é", {"detected_level": "info"} if i % 2 else {})
                       for i in range(100)]
            for part in (entries[:60], entries[50:]):
                loki_chunks.write(root, labels, part, tenant)
            for ts, line, metadata in entries:
                want[tenant].add((ts, line, tuple(sorted({**labels, **metadata}.items()))))
    return root, {tenant: sorted(rows) for tenant, rows in want.items()}


def check(ours, want):
    server = Server(ours)
    try:
        assert lines(server, '{app=~".+"}') == want["fake"]
        assert lines(server, '{app=~".+"}', tenant="team") == want["team"]
    finally:
        server.stop()


def test_lines_come_back_as_they_were(source, tmp_path):
    root, want = source
    ours = tmp_path / "ours"
    code, printed, _ = run_import(root, ours)
    assert code == 0 and "verified: " in printed, printed
    assert "tenant default: read 16 chunks with 880 lines; stored 880 lines" in printed
    check(ours, want)
    # Once more, with something new.
    t = time.time_ns() - HOUR
    loki_chunks.write(root, {"app": "new"}, [(t, "x", {})])
    code, printed, _ = run_import(root, ours)
    assert code == 0 and "tenant default: read 1 chunks with 1 lines" in printed and "16 chunks were in already" in printed
    check(ours, {**want, "fake": want["fake"] + [(t, "x", (("app", "new"),))]})


def test_what_is_cut_off_goes_on(tmp_path):
    root, ours, now = tmp_path / "loki", tmp_path / "ours", time.time_ns()
    want = []
    for n in range(13):
        t = now - 40 * HOUR + n * 10**9
        text = f"{n} " + "x" * 20_000
        entries = [(t + i, f"{text} {i}", {}) for i in range(100)]
        loki_chunks.write(root, {"app": f"a{n % 3}"}, entries)
        want.append(len(entries))
    process = subprocess.Popen([BINARY, "import", "loki", root, "--data-dir", ours], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    noted = ours / "imports" / "loki"
    until(lambda: noted.exists() and noted.stat().st_size > 0 or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = len(noted.read_text().splitlines())
    code, printed, told = run_import(root, ours)
    assert code == 0, told
    assert before in (0, 13) or f"{before} chunks were in already" in printed, printed
    server = Server(ours)
    counted = server.request("/loki/api/v1/index/stats?query=%7Bapp%3D~%22.%2B%22%7D&start=" f"{now - 100 * HOUR}")[1]
    server.stop()
    assert f'"entries":{sum(want)}'.encode() in counted, counted


def test_faults_and_what_is_left_out_are_told(source, tmp_path):
    root, want = source
    ours = tmp_path / "ours"
    code, _, told = run_import(tmp_path / "nowhere", ours)
    assert code == 1 and "nowhere" in told
    (tmp_path / "empty").mkdir()
    code, _, told = run_import(tmp_path / "empty", ours)
    assert code == 1 and "holds no chunks of Loki" in told
    old = time.time_ns() - 20 * 24 * HOUR
    loki_chunks.write(root, {"app": "old"}, [(old, "x", {})])
    damaged = loki_chunks.write(root, {"app": "damaged"}, [(time.time_ns(), "x", {})])
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    (root / "wal").mkdir()
    (root / "wal" / "00000001").write_bytes(b"x")
    code, printed, _ = run_import(root, ours, "--tenant", "other")
    assert code == 1 and "NOT VERIFIED: 1 chunks are not in" in printed, printed
    assert f"{damaged}: damaged at offset 0: the file does not have the checksum" in printed
    assert "1 chunks are of another time" in printed and "(the retention; --start takes more)" in printed
    assert "log of writes" in printed and "tenant other: read 16 chunks" in printed
    server = Server(ours)
    code, _, told = run_import(root, ours)
    assert code == 1 and "in use by another process" in told, told
    assert lines(server, '{app=~".+"}', tenant="other") == want["fake"]
    server.stop()
