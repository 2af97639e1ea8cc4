"""A disk that takes no more: writes are refused with an error worth retrying, reads go on, and writing resumes by itself.

The disk is played by the limit on file sizes: a write that reaches it is taken in part, the next one not at all.
"""
import json
import random
import resource
import time

import conftest
import pytest
import remote_write
import writers

UNLIMITED = resource.RLIM_INFINITY
WRITES_MAX = 2000


def limit_files(server, size):
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, UNLIMITED))


def send(server, writer, count):
    """One batch; the status, its text and the retry hint."""
    items = range(writer.sent, writer.sent + count)
    writer.sent = items.stop
    connection = writers.http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    connection.request("POST", writer.path, writer.body(items), writer.headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status in (200, 204):
        writer.acknowledged.update(items)
    return answer.status, text, answer.getheader("Retry-After")


@pytest.mark.parametrize("make", [writers.RemoteWrite, writers.RemoteWrite2, writers.MetricsJson, writers.LokiJson,
                                  writers.LokiProtobuf, writers.LogsJson, writers.TracesJson], ids=lambda make: make.__name__)
def test_a_full_disk_refuses_writes_until_there_is_room(server, make):
    writer = make(0, 0)
    for room in (3000, 9000):
        limit_files(server, room)
        answers = (send(server, writer, 7) for _ in range(WRITES_MAX))
        status, text, hint = next(answer for answer in answers if answer[0] not in (200, 204))
        assert status == 503 and int(hint) >= 1 and b"write-ahead log" in text, (status, text, hint)
        limit_files(server, room - 500)  # no batch that happens to be smaller slips in
        assert send(server, writer, 7)[0] == 503, "still full"
        assert writer.acknowledged <= set(writer.found(server)), "reads go on"
        limit_files(server, UNLIMITED)
        assert send(server, writer, 7)[0] in (200, 204), "there is room again"
    server.kill()
    server.start()
    found = list(writer.found(server))
    assert len(found) == len(set(found)) and writer.acknowledged == set(found), "refused writes left nothing behind"


# === In the middle of a block ===


def rows(base_ms, count=60, length=400):
    """Numbers that take their whole width in a block, too."""
    noise = random.Random(base_ms)
    return [remote_write.series({"__name__": "noise", "i": str(i)},
                                [(base_ms + k, noise.random()) for k in range(length)]) for i in range(count)]


def write_rows(server, base_ms, **options):
    body = remote_write.snappy(remote_write.write_request(rows(base_ms, **options)))
    assert server.request("/api/v1/write", body, remote_write.HEADERS)[0] == 204


def stored(server):
    return {row["metric"]["i"]: row["values"] for row in server.query("noise[2h]", time=time.time() + 600)}


def files(server, pattern):
    return sorted((server.data_dir / "metrics/tenants/default").glob(pattern))


@pytest.fixture
def hasty(tmp_path):
    """Looks every tenth of a second for what could be cut or merged."""
    config = tmp_path / "hasty.yml"
    config.write_text("metrics: { block_range: 10s }\n")
    running = conftest.Server(tmp_path / "data", "--config", config)
    yield running
    if running.process.poll() is None:
        running.stop()


def wait_for(capfd, text):
    """Until the server has said so."""
    heard = []

    def is_there():
        heard.append(capfd.readouterr().err)
        return text in "".join(heard)
    conftest.until(is_there)
    return "".join(heard)


def test_a_disk_that_fills_up_in_the_middle_of_a_cut(capfd, tmp_path, request):
    server = request.getfixturevalue("hasty")  # its words are caught from the beginning
    # Samples of now: they stay in memory for a block's range.
    write_rows(server, int(time.time() * 1000))
    limit_files(server, 50_000)
    before = stored(server)
    told = wait_for(capfd, "maintenance of the metrics store failed")
    assert "head.tmp" in told and "File too large" in told, told
    assert files(server, "*.block") == [] and stored(server) == before, "reads go on"
    # The log has begun anew: writing goes on, too, in the room that there is.
    writer = writers.RemoteWrite(0, 0)
    assert send(server, writer, 7)[0] == 204
    limit_files(server, UNLIMITED)
    conftest.until(lambda: files(server, "*.block"))
    for _ in range(2):
        assert stored(server) == before and set(writer.found(server)) == writer.acknowledged
        server.kill()
        server.start()
    assert files(server, "*.tmp") == []


def test_a_disk_that_fills_up_in_the_middle_of_a_merge(capfd, tmp_path, request):
    server = request.getfixturevalue("hasty")
    limit_files(server, 250_000)
    past = int(time.time()) // 10 * 10_000 - 1_800_000
    # Each piece is a block of its own, all in one window; two together are too large.
    for piece in range(3):
        write_rows(server, past + piece * 1000, count=48)
        conftest.until(lambda: len(files(server, "*.block")) > piece)
    before = stored(server)
    told = wait_for(capfd, "compaction of the metrics store failed")
    assert "compacting.tmp" in told and "File too large" in told, told
    blocks = files(server, "*.block")
    assert stored(server) == before and len(blocks) > 1 and files(server, "*.tmp") == files(server, "*.replaces") == []
    server.kill()
    server.start()  # without a limit; what failed rests no longer
    conftest.until(lambda: len(files(server, "*.block")) < len(blocks))
    assert stored(server) == before


# === In the middle of a chunk ===


@pytest.fixture
def hasty_with_lines(tmp_path):
    """Writes lines to files as soon as they are a second old."""
    config = tmp_path / "hasty.yml"
    config.write_text("logs: { chunk_age: 1s }\n")
    running = conftest.Server(tmp_path / "data", "--config", config)
    yield running
    if running.process.poll() is None:
        running.stop()


def lines(server):
    streams = server.logs('{app="noise"}', limit=PAGE)
    return sorted((row[0], row[1]) for stream in streams for row in stream["values"])


PAGE = 5000


def test_a_disk_that_fills_up_while_lines_are_written_to_files(capfd, request):
    server = request.getfixturevalue("hasty_with_lines")
    noise, now = random.Random(0), time.time_ns() - 60 * 10**9
    values = [[str(now + i), noise.randbytes(100).hex()] for i in range(2000)]
    body = json.dumps({"streams": [{"stream": {"app": "noise"}, "values": values}]}).encode()
    assert server.request("/loki/api/v1/push", body, {"Content-Type": "application/json"})[0] == 204
    limit_files(server, 40_000)
    before = lines(server)
    assert len(before) == 2000
    told = wait_for(capfd, "maintenance of the logs store failed")
    assert "File too large" in told, told
    assert lines(server) == before, "reads go on"
    writer = writers.LokiJson(0, 0)
    assert send(server, writer, 7)[0] == 204, "there is room in the new log"
    limit_files(server, UNLIMITED)
    conftest.until(lambda: list((server.data_dir / "logs/tenants/default").glob("*/meta.json")))
    for _ in range(2):
        assert lines(server) == before and set(writer.found(server)) == writer.acknowledged
        server.kill()
        server.start()
