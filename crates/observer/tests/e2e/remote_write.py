"""Remote write 1.0 and 2.0 by hand: protobuf and literal-only snappy, so that a test can send what no client would."""
import struct


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def label(name, value):
    return field(1, raw(name)) + field(2, raw(value))


def double(value):
    """A float, or its bits: a stale marker must keep its payload."""
    return struct.pack("<Q", value) if isinstance(value, int) and value > 1 << 60 else struct.pack("<d", value)


def sample(t_ms, value):
    return b"\x09" + double(value) + b"\x10" + varint(t_ms)


def exemplar(labels, value, t_ms):
    return b"".join(field(1, label(n, v)) for n, v in labels) + b"\x11" + double(value) + b"\x18" + varint(t_ms)


def series(labels, samples=(), exemplars=(), histograms=()):
    """`labels` is a dict, or pairs where order or repetition matter."""
    pairs = sorted(labels.items()) if isinstance(labels, dict) else labels
    return (b"".join(field(1, label(n, v)) for n, v in pairs)
            + b"".join(field(2, sample(t, v)) for t, v in samples)
            + b"".join(field(3, exemplar(*e)) for e in exemplars)
            + b"".join(field(4, h) for h in histograms))


def write_request(all_series):
    return b"".join(field(1, one) for one in all_series)


def zigzag(n):
    return varint((n << 1) ^ (n >> 63))


def packed(number, items, encode):
    return field(number, b"".join(encode(item) for item in items)) if items else b""


def histogram(t_ms, count, total, schema=0, zero=0, threshold=0.0, positive=(), negative=(), hint=0, bounds=(), start=0):
    """A native histogram of integers, or of floats where `count` is one. `positive` and `negative`: pairs of spans,
    which are pairs of offset and length, and counts by bucket."""
    is_float = isinstance(count, float)
    out = b"\x11" + double(count) if is_float else b"\x08" + varint(count)
    out += b"\x19" + double(total) + b"\x20" + zigzag(schema) + b"\x29" + double(threshold)
    out += b"\x39" + double(zero) if is_float else b"\x30" + varint(zero)
    for number, side in ((8, negative), (11, positive)):
        spans, counts = side or ((), ())
        out += b"".join(field(number, b"\x08" + zigzag(o) + b"\x10" + varint(n)) for o, n in spans)
        if is_float:
            out += packed(number + 2, counts, double)
        else:
            out += packed(number + 1, [b - a for a, b in zip([0, *counts], counts)], zigzag)
    out += b"\x70" + varint(hint) + b"\x78" + varint(t_ms)
    return out + packed(16, bounds, double) + (b"\x88\x01" + varint(start) if start else b"")


class Symbols:
    """The table of a request of 2.0."""

    def __init__(self):
        self.positions = {b"": 0}

    def ref(self, text):
        return self.positions.setdefault(raw(text), len(self.positions))

    def refs(self, labels):
        pairs = labels.items() if isinstance(labels, dict) else labels
        return packed(1, [self.ref(text) for pair in pairs for text in pair], varint)

    def series(self, labels, samples=(), histograms=(), exemplars=(), metadata=None):
        """`samples`: milliseconds, value and, where it is known, the start; `metadata`: kind, help, unit."""
        out = self.refs(labels)
        for t_ms, value, *start in samples:
            out += field(2, sample(t_ms, value) + b"".join(b"\x18" + varint(s) for s in start))
        out += b"".join(field(3, h) for h in histograms)
        for pairs, value, t_ms in exemplars:
            out += field(4, self.refs(pairs) + b"\x11" + double(value) + b"\x18" + varint(t_ms))
        if metadata:
            kind, help_text, unit = metadata
            out += field(5, b"\x08" + varint(kind) + b"\x18" + varint(self.ref(help_text)) + b"\x20" + varint(self.ref(unit)))
        return out

    def request(self, all_series):
        table = sorted(self.positions, key=self.positions.get)
        return b"".join(field(4, text) for text in table) + b"".join(field(5, one) for one in all_series)


def snappy(data):
    out = bytearray(varint(len(data)))
    for i in range(0, len(data), 1 << 16):
        piece = data[i:i + (1 << 16)]
        out += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


HEADERS = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
           "X-Prometheus-Remote-Write-Version": "0.1.0"}
HEADERS_2 = {"Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request", "Content-Encoding": "snappy",
             "X-Prometheus-Remote-Write-Version": "2.0.0"}
STALE = 0x7ff0000000000002
