"""Remote read by hand: requests, and both forms of answer taken apart."""
import struct

from remote_write import field, raw, snappy, varint

READ = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Read-Version": "0.1.0"}

SAMPLES, CHUNKS = 0, 1
EQ, NEQ, RE, NRE = range(4)


def query(start_ms, end_ms, *matchers, hints=None):
    """`matchers`: kind, name, pattern. `hints`: start and end."""
    out = b"\x08" + varint(start_ms) + b"\x10" + varint(end_ms)
    for kind, name, value in matchers:
        out += field(3, b"\x08" + varint(kind) + field(2, raw(name)) + field(3, raw(value)))
    if hints:
        out += field(4, b"\x18" + varint(hints[0]) + b"\x20" + varint(hints[1]))
    return out


def read_request(queries, accepted=()):
    return b"".join(field(1, q) for q in queries) + b"".join(b"\x10" + varint(kind) for kind in accepted)


def read_varint(data, at=0):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """Number and value of each field: an integer, a float, or bytes."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        if key & 7 == 0:
            value, at = read_varint(data, at)
        elif key & 7 == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        else:
            length, at = read_varint(data, at)
            value, at = data[at:at + length], at + length
        yield key >> 3, value


def signed(n):
    return n - (1 << 64) if n >> 63 else n


def every(data, number):
    return [value for n, value in fields(data) if n == number]


def unsnap(block):
    """Decompresses what snappy packed."""
    length, at = read_varint(block)
    out = bytearray()
    while at < len(block):
        tag, at = block[at], at + 1
        if tag & 3 == 0:
            size = tag >> 2
            if size >= 60:
                size, at = int.from_bytes(block[at:at + size - 59], "little"), at + size - 59
            out += block[at:at + size + 1]
            at += size + 1
            continue
        if tag & 3 == 1:
            size, offset, at = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | block[at], at + 1
        else:
            width = 2 if tag & 3 == 2 else 4
            size, offset, at = (tag >> 2) + 1, int.from_bytes(block[at:at + width], "little"), at + width
        for _ in range(size):
            out.append(out[-offset])
    assert len(out) == length
    return bytes(out)


def labels_of(series):
    return {every(pair, 1)[0].decode(): every(pair, 2)[0].decode() for pair in every(series, 1)}


def numbers(message, number, read):
    """A packed list."""
    return [value for blob in every(message, number) for value in read(blob)]


def read_doubles(blob):
    return struct.unpack(f"<{len(blob) // 8}d", blob)


def read_deltas(blob):
    at = total = 0
    while at < len(blob):
        zigzag, at = read_varint(blob, at)
        total += zigzag >> 1 ^ -(zigzag & 1)
        yield total


def unzigzag(n):
    return n >> 1 ^ -(n & 1)


def histogram_of(message):
    """A native histogram as a dictionary; buckets by index."""
    got = dict(fields(message))
    def side(spans, deltas, counts):
        indexes, end = [], 0
        for span in every(message, spans):
            span = dict(fields(span))
            end += unzigzag(span.get(1, 0))
            indexes += range(end, end + span.get(2, 0))
            end += span.get(2, 0)
        values = numbers(message, deltas, read_deltas) or numbers(message, counts, read_doubles)
        assert len(indexes) == len(values)
        return dict(zip(indexes, values))
    return {"t": signed(got.get(15, 0)), "count": got[1] if 1 in got else got[2], "sum": got.get(3, 0.0),
            "schema": unzigzag(got.get(4, 0)), "threshold": got.get(5, 0.0), "zero": got.get(6, got.get(7, 0)),
            "negative": side(8, 9, 10), "positive": side(11, 12, 13), "hint": got.get(14, 0),
            "bounds": numbers(message, 16, read_doubles)}


def read_samples(server, *queries, accepted=()):
    status, body = server.request("/api/v1/read", snappy(read_request(queries, accepted)), READ)
    assert status == 200, body
    return samples(body)


def stored_histograms(server, name):
    """All native histograms of the only series of that name."""
    [[(_, floats, histograms)]] = read_samples(server, query(0, 1 << 50, (EQ, "__name__", name)))
    assert floats == []
    return [histogram_of(message) for message in histograms]


def samples(body):
    """Of each query a list of series: labels, (ms, value) pairs, raw histograms."""
    def sample(message):
        got = dict(fields(message))
        return signed(got.get(2, 0)), got.get(1, 0.0)
    return [[(labels_of(one), [sample(m) for m in every(one, 2)], every(one, 4)) for one in every(result, 1)]
            for result in every(unsnap(body), 1)]


def crc32c_of_byte(crc):
    for _ in range(8):
        crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc


CRC32C = [crc32c_of_byte(byte) for byte in range(256)]


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = crc >> 8 ^ CRC32C[(crc ^ byte) & 0xff]
    return crc ^ 0xffffffff


def frames(body):
    """The messages of a streamed answer, whose checksums hold."""
    at = 0
    while at < len(body):
        length, at = read_varint(body, at)
        checksum, at = struct.unpack_from(">I", body, at)[0], at + 4
        message, at = body[at:at + length], at + length
        assert len(message) == length and crc32c(message) == checksum
        yield message


def chunks(body):
    """Query, labels, and for each chunk its kind, first and last time and data."""
    for message in frames(body):
        query_index = sum(every(message, 2))
        for series in every(message, 1):
            for chunk in every(series, 2):
                got = dict(fields(chunk))
                yield query_index, labels_of(series), got[3], signed(got.get(1, 0)), signed(got.get(2, 0)), got[4]


def xor_samples(data):
    """The samples of a chunk of floats."""
    bits = "".join(f"{byte:08b}" for byte in data)
    count, at = int(bits[:16], 2), 16

    def take(width):
        nonlocal at
        at += width
        return int(bits[at - width:at], 2) if width else 0

    def take_varint():
        value = shift = 0
        while True:
            byte = take(8)
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    zigzag = take_varint()
    t, value, delta, leading, trailing = zigzag >> 1 ^ -(zigzag & 1), take(64), 0, 0, 0
    yield t, struct.unpack("<d", struct.pack("<Q", value))[0]
    for position in range(1, count):
        if position == 1:
            delta = take_varint()
        else:
            ones = 0
            while ones < 4 and take(1):
                ones += 1
            width = (0, 14, 17, 20, 64)[ones]
            change = take(width)
            delta += change - (1 << width) if width and change > 1 << (width - 1) else change
        t += delta
        if take(1):
            if take(1):
                leading, significant = take(5), take(6) or 64
                trailing = 64 - leading - significant
            value ^= take(64 - leading - trailing) << trailing
        yield t, struct.unpack("<d", struct.pack("<Q", value))[0]
