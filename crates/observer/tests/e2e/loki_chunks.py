"""Chunks as a Loki with a file system keeps them, version 4 without compression."""
import base64
import json
import struct

from google_crc32c import value as crc32c

from remote_write import varint, zigzag


def checked(part):
    return part + struct.pack(">I", crc32c(part))


def chunk(entries):
    """`entries`: nanoseconds, line, metadata."""
    symbols, block = [], b""
    for ts, line, metadata in entries:
        pairs = varint(len(metadata))
        for text in (text for pair in metadata.items() for text in pair):
            if text not in symbols:
                symbols.append(text)
            pairs += varint(symbols.index(text))
        block += zigzag(ts) + varint(len(line.encode())) + line.encode() + varint(len(pairs)) + pairs
    texts = varint(len(symbols)) + b"".join(varint(len(text)) + text.encode() for text in symbols)
    out = b"\x01\x2e\xe5\x6a\x04\x00" + checked(texts)
    times = [ts for ts, _, _ in entries]
    table = (b"\x01" + varint(len(entries)) + zigzag(min(times)) + zigzag(max(times)) + varint(len(out))
             + varint(len(block)) + varint(len(block)))
    out += checked(block)
    at = len(out)
    return out + checked(table) + struct.pack(">QQQQ", len(texts), 6, len(table), at)


def framed(data):
    """Snappy's frames, nothing compressed."""
    crc = crc32c(data)
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    body = struct.pack("<I", masked) + data
    return b"\xff\x06\x00\x00sNaPpY\x01" + struct.pack("<I", len(body))[:3] + body


def write(root, labels, entries, tenant="fake"):
    """Writes a chunk below `root`; its path."""
    about = framed(json.dumps({"userID": tenant, "metric": {"__name__": "logs", **labels}, "encoding": 129}).encode() + b"\n")
    content = chunk(entries)
    data = struct.pack(">I", len(about) + 4) + about + struct.pack(">I", len(content)) + content
    first, last = (pick(ts for ts, _, _ in entries) // 10**6 for pick in (min, max))
    directory = root / "chunks" / tenant / "2a"
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / base64.b64encode(f"{first:x}:{last:x}:{crc32c(data):x}".encode()).decode()
    path.write_bytes(data)
    return path
