"""The protobuf bodies that no client library at hand writes: remote write, Loki push; and snappy to wrap them."""
import struct


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def blob(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def number(field, value):
    return varint(field << 3) + varint(value)


def double(field, value):
    return varint(field << 3 | 1) + struct.pack("<d", value)


def snappy(data):
    """A valid snappy block of literals only."""
    out = bytearray(varint(len(data)))
    for at in range(0, len(data), 1 << 16):
        piece = data[at:at + (1 << 16)]
        out += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


def remote_write(series):
    """`series`: pairs of label pairs and (value, milliseconds) samples. Compressed."""
    body = b""
    for labels, samples in series:
        one = b"".join(blob(1, blob(1, name) + blob(2, value)) for name, value in labels)
        one += b"".join(blob(2, double(1, value) + number(2, t_ms)) for value, t_ms in samples)
        body += blob(1, one)
    return snappy(body)


def loki_push(streams):
    """`streams`: pairs of a label text and (nanoseconds, line, metadata pairs) entries. Compressed."""
    body = b""
    for labels, entries in streams:
        one = blob(1, labels)
        for t_ns, line, metadata in entries:
            entry = blob(1, number(1, t_ns // 10**9) + number(2, t_ns % 10**9)) + blob(2, line)
            entry += b"".join(blob(3, blob(1, name) + blob(2, value)) for name, value in metadata)
            one += blob(2, entry)
        body += blob(1, one)
    return snappy(body)


REMOTE_WRITE = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
                "X-Prometheus-Remote-Write-Version": "0.1.0"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}
