"""A disk that takes no more: writes are refused with an error worth retrying, reads go on, and writing resumes by itself.

The disk is played by the limit on file sizes: a write that reaches it is taken in part, the next one not at all.
"""
import resource

import pytest
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


@pytest.mark.parametrize("make", [writers.RemoteWrite, writers.RemoteWrite2, writers.MetricsJson, writers.LokiProtobuf,
                                  writers.LogsJson, writers.TracesJson], ids=lambda make: make.__name__)
def test_a_full_disk_refuses_writes_until_there_is_room(server, make):
    writer = make(0, 0)
    for room in (3000, 9000):
        limit_files(server, room)
        answers = (send(server, writer, 7) for _ in range(WRITES_MAX))
        status, text, hint = next(answer for answer in answers if answer[0] not in (200, 204))
        assert status == 503 and int(hint) >= 1 and b"write-ahead log" in text, (status, text, hint)
        assert send(server, writer, 7)[0] == 503, "still full"
        assert writer.acknowledged <= set(writer.found(server)), "reads go on"
        limit_files(server, UNLIMITED)
        assert send(server, writer, 7)[0] in (200, 204), "there is room again"
    server.kill()
    server.start()
    found = list(writer.found(server))
    assert len(found) == len(set(found)) and writer.acknowledged == set(found), "refused writes left nothing behind"
