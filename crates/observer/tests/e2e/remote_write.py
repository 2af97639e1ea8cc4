"""Remote write 1.0 by hand: protobuf and literal-only snappy, so that a test can send what no client would."""
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


def snappy(data):
    out = bytearray(varint(len(data)))
    for i in range(0, len(data), 1 << 16):
        piece = data[i:i + (1 << 16)]
        out += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


HEADERS = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
           "X-Prometheus-Remote-Write-Version": "0.1.0"}
STALE = 0x7ff0000000000002
