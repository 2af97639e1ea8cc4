"""A harness that writes to all three signals at once, over every protocol, ends the server at a random moment, and
checks what is left.

Each writer numbers its items (samples, lines, spans) and sends them in batches, one after the other. An unanswered
batch may have been stored or not; what was acknowledged must be there, nothing may be there twice, nothing may be there
that was never sent, or that was deleted meanwhile. After a loss of power the last batches may be missing, but never one before another that is there.
"""
import http.client
import json
import random
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import writers

# How a round ends.
KILL = "kill"  # SIGKILL
KILL_AGAIN = "kill again"  # SIGKILL, and again while it recovers
TERMINATE = "terminate"  # SIGTERM
POWER_LOSS = "power loss"  # SIGKILL, and the unsynced ends of the logs are gone
ENDINGS = [KILL, KILL, KILL_AGAIN, TERMINATE, POWER_LOSS]
SIGNALS = ("metrics", "logs", "traces")
WAL_HEADER_BYTES = 28
BLOCK_BYTES = 512


class Harness:
    """Numbers never come back, so that several rounds can run against one data directory."""

    def __init__(self, server, seed):
        self.server = server
        self.random = random.Random(seed)
        self.writers = [make(index, self.random.randrange(1 << 30)) for index, make in enumerate(writers.ALL)]

    def round(self, ending=None):
        """Writes and reads until the server ends, then starts it again and checks everything."""
        ending = ending or self.random.choice(ENDINGS)
        sizes = self.wal_sizes()
        ended = threading.Event()
        faults = []
        threads = [threading.Thread(target=self.guarded, args=(faults, writer.write, ended)) for writer in self.writers]
        threads.append(threading.Thread(target=self.guarded, args=(faults, self.read, ended)))
        for delete in (self.delete_samples, self.delete_lines):
            threads.append(threading.Thread(target=self.guarded, args=(faults, delete, ended)))
        for thread in threads:
            thread.start()
        self.wait_for(self.random.randrange(1, 1500))
        self.end(ending)
        ended.set()
        for thread in threads:
            thread.join()
        assert not faults, faults
        if ending == POWER_LOSS:
            self.cut_logs(sizes)
        if ending == KILL_AGAIN:
            self.kill_during_recovery()
        self.server.start()
        try:
            self.check(may_lose_the_last=ending == POWER_LOSS)
        except AssertionError as error:
            raise AssertionError(f"after {ending}: {error}") from error

    def guarded(self, faults, work, ended):
        try:
            work(self.server.url, ended)
        except Exception as fault:  # to be raised where the test sees it
            faults.append(fault)

    def wait_for(self, items):
        wanted = self.sent() + items
        deadline = time.monotonic() + 10
        while self.sent() < wanted and time.monotonic() < deadline and self.server.process.poll() is None:
            try:
                self.server.process.wait(timeout=0.001)
            except subprocess.TimeoutExpired:
                pass

    def sent(self):
        return sum(writer.sent for writer in self.writers)

    def end(self, ending):
        if ending == TERMINATE:
            self.server.stop()
        else:
            self.server.kill()

    def kill_during_recovery(self):
        for _ in range(self.random.randrange(1, 4)):
            self.server.spawn()
            try:
                self.server.process.wait(timeout=self.random.uniform(0, 0.2))
            except subprocess.TimeoutExpired:
                self.server.kill()
            self.server.process.stdout.close()

    def newest_segment(self, signal):
        return max((self.server.data_dir / signal / "wal").glob("*.wal"))

    def wal_sizes(self):
        newest = [self.newest_segment(signal) for signal in SIGNALS]
        return {path: path.stat().st_size for path in newest}

    def cut_logs(self, sizes):
        """What was in the newest segment before the round counts as synced; a checkpoint in a new one was synced too."""
        for signal in SIGNALS:
            path = self.newest_segment(signal)
            if signal == "metrics" and path not in sizes:
                continue
            unsynced = path.stat().st_size - sizes.get(path, WAL_HEADER_BYTES)
            if unsynced <= 0:
                continue
            cut = self.random.randrange(unsynced + 1) // self.random.choice([1, 10, 100])
            length = path.stat().st_size
            with path.open("r+b") as file:
                if self.random.random() < 0.5:  # the length reached the disk, the last blocks did not
                    file.truncate(min(length, (length - cut + BLOCK_BYTES - 1) // BLOCK_BYTES * BLOCK_BYTES))
                    file.truncate(length)
                else:
                    file.truncate(length - cut)

    def read(self, url, ended):
        """What was acknowledged before a query is in its answer."""
        reader = random.Random(0)
        while not ended.is_set():
            writer = reader.choice(self.writers)
            acknowledged = set(writer.acknowledged)
            try:
                found = set(writer.found(self.server))
            except (OSError, urllib.error.URLError, ValueError, AssertionError):
                if ended.wait(timeout=0.5) or self.server.process.poll() is not None:
                    return
                raise
            missing = acknowledged - found - writer.deleted - writer.doubtful
            assert not missing, f"{writer.name}: acknowledged but not read back: {sorted(missing)[:10]}"

    def delete_samples(self, url, ended):
        """Deletes one acknowledged sample after the other."""
        def form(writer, item):
            seconds = writer.time_ns(item) // 10**6 / 1000
            return "api/v1/admin/tsdb/delete_series", {"match[]": writer.selector(item), "start": seconds, "end": seconds}
        self.delete("metrics", form, url, ended)

    def delete_lines(self, url, ended):
        """Deletes one acknowledged line after the other."""
        def form(writer, item):
            seconds = writer.time_ns(item) // 10**9
            return "loki/api/v1/delete", {"query": writer.selector(item), "start": seconds - 1, "end": seconds + 2}
        self.delete("logs", form, url, ended)

    def delete(self, signal, form, url, ended):
        chooser = random.Random(len(self.writers))
        of_signal = [writer for writer in self.writers if writer.signal == signal]
        while not ended.wait(timeout=0.01):
            writer = chooser.choice(of_signal)
            if not (items := list(set(writer.acknowledged))):
                continue
            item = chooser.choice(items)
            writer.doubtful.add(item)
            writer.acknowledged.discard(item)
            path, parameters = form(writer, item)
            request = urllib.request.Request(f"{url}/{path}", urllib.parse.urlencode(parameters).encode(), method="POST")
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    assert answer.status == 204
            except (OSError, http.client.HTTPException):
                return
            writer.deleted.add(item)
            writer.doubtful.discard(item)

    def check(self, may_lose_the_last):
        for writer in self.writers:
            found = list(writer.found(self.server))
            there = set(found)
            self.check_deleted(writer, there, may_lose_the_last)
            assert len(there) == len(found), f"{writer.name}: something was found twice"
            assert there <= set(range(writer.sent)), f"{writer.name}: found what was never sent"
            lost = writer.acknowledged - there
            if may_lose_the_last:
                later = {item for item in there if item > min(lost, default=writer.sent)}
                assert not later, f"{writer.name}: lost {min(lost)} but not {sorted(later)[:10]}"
                writer.acknowledged &= there
            assert not lost or may_lose_the_last, f"{writer.name}: acknowledged but lost: {sorted(lost)[:10]}"
        self.check_traces_by_id()

    def check_deleted(self, writer, there, may_lose_the_last):
        """What was deleted in doubt is known now. Loss of power, as it is played here, takes synced deletions too."""
        back = writer.deleted & there
        assert not back or may_lose_the_last, f"{writer.name}: deleted but there: {sorted(back)[:10]}"
        writer.deleted |= writer.doubtful - there
        writer.deleted -= back
        writer.doubtful.clear()

    def check_traces_by_id(self):
        for writer in self.writers:
            traces = sorted({writer.trace_of(item) for item in writer.acknowledged}) if writer.signal == "traces" else []
            for trace in self.random.sample(traces, min(5, len(traces))):
                status, body = self.server.request(f"/tempo/api/traces/{trace}")
                assert status == 200, (writer.name, trace, body)
                batches = json.loads(body)["batches"]
                names = [span["name"] for b in batches for s in b["scopeSpans"] for span in s["spans"]]
                wanted = {f"item {item}" for item in writer.acknowledged if writer.trace_of(item) == trace}
                assert wanted <= set(names) and len(names) == len(set(names)), (writer.name, trace, names)
