"""Small bodies that become large."""
import gzip
import struct
import zlib

import wire

GIB = 1 << 30


def gzip_bomb(size=GIB):
    """Members of zeros one after the other."""
    return gzip.compress(bytes(16 << 20), 9) * (size >> 24)


def zstd_bomb(size=GIB):
    """One frame of blocks that repeat one byte (RFC 8878, 3.1.1)."""
    block = 128 << 10
    count = size // block
    frame = bytearray(struct.pack("<I", 0xFD2FB528) + bytes([0x00, 0x58]))  # window of 2 MiB
    for i in range(count):
        frame += struct.pack("<I", (i == count - 1) | 1 << 1 | block << 3)[:3] + b"\0"
    return bytes(frame)


def deflate_bomb(size=GIB):
    compress = zlib.compressobj(9)
    pieces = [compress.compress(bytes(16 << 20)) for _ in range(size >> 24)]
    return b"".join(pieces) + compress.flush()


def snappy_lie(size=GIB):
    """A header that promises far more than follows."""
    return wire.varint(size) + bytes([0, 0])


def snappy_bomb(size):
    """One byte, then copies of 64 of it."""
    copies = (size - 1) // 64
    return wire.varint(1 + copies * 64) + bytes([0, 0]) + bytes([63 << 2 | 2, 1, 0]) * copies
