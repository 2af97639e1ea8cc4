//! Writes chunks as Loki does, for tests.
#![expect(clippy::cast_possible_truncation, reason = "tests write small things")]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use aio_types::LogEntry;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

fn uint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn int(out: &mut Vec<u8>, n: i64) {
    uint(out, ((n << 1) ^ (n >> 63)).cast_unsigned());
}

fn packed(codec: u8, bytes: &[u8]) -> Vec<u8> {
    let done = "memory takes everything";
    match codec {
        1 => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            out.write_all(bytes).expect(done);
            out.finish().expect(done)
        }
        3 | 5..=7 => {
            let mut out = lz4_flex::frame::FrameEncoder::new(Vec::new());
            out.write_all(bytes).expect(done);
            out.finish().expect(done)
        }
        4 => {
            let mut out = snap::write::FrameEncoder::new(Vec::new());
            out.write_all(bytes).expect(done);
            out.into_inner().expect(done)
        }
        8 => {
            let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            out.write_all(bytes).expect(done);
            out.finish().expect(done)
        }
        9 => zstd::encode_all(bytes, 1).expect(done),
        _ => bytes.to_vec(),
    }
}

fn with_crc(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(part);
    out.extend_from_slice(&crc32c::crc32c(part).to_be_bytes());
}

/// A chunk with so many lines a block.
#[must_use]
pub fn chunk(version: u8, codec: u8, entries: &[LogEntry], lines: usize) -> Vec<u8> {
    let mut out = vec![0x01, 0x2e, 0xe5, 0x6a, version];
    if version > 1 {
        out.push(codec);
    }
    let codec = if version == 1 { 1 } else { codec };
    let mut symbols: Vec<&str> = Vec::new();
    let blocks: Vec<Vec<u8>> = entries.chunks(lines).map(|lines| block(version, lines, &mut symbols)).collect();
    let mut texts = Vec::new();
    for text in &symbols {
        uint(&mut texts, text.len() as u64);
        texts.extend_from_slice(text.as_bytes());
    }
    let at = out.len();
    let mut section = Vec::new();
    if version >= 4 {
        uint(&mut section, symbols.len() as u64);
        section.extend_from_slice(&packed(codec, &texts));
        with_crc(&mut out, &section);
    }
    let mut table = Vec::new();
    uint(&mut table, blocks.len() as u64);
    for (unpacked, lines) in blocks.iter().zip(entries.chunks(lines)) {
        let bytes = packed(codec, unpacked);
        uint(&mut table, lines.len() as u64);
        int(&mut table, lines.iter().map(|e| e.ts.0).min().unwrap_or(0));
        int(&mut table, lines.iter().map(|e| e.ts.0).max().unwrap_or(0));
        uint(&mut table, out.len() as u64);
        if version >= 3 {
            uint(&mut table, unpacked.len() as u64);
        }
        uint(&mut table, bytes.len() as u64);
        with_crc(&mut out, &bytes);
    }
    let table_at = out.len();
    with_crc(&mut out, &table);
    let tail = [section.len(), at, table.len(), table_at];
    for n in tail.into_iter().skip(if version >= 4 { 0 } else { 3 }) {
        out.extend_from_slice(&(n as u64).to_be_bytes());
    }
    out
}

fn block<'a>(version: u8, lines: &'a [LogEntry], symbols: &mut Vec<&'a str>) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in lines {
        int(&mut out, entry.ts.0);
        uint(&mut out, entry.line.len() as u64);
        out.extend_from_slice(entry.line.as_bytes());
        if version < 4 {
            continue;
        }
        let mut pairs = Vec::new();
        uint(&mut pairs, entry.metadata.len() as u64);
        for text in entry.metadata.iter().flat_map(|(name, value)| [name, value]) {
            let known = symbols.iter().position(|known| *known == text);
            let number = known.unwrap_or_else(|| {
                symbols.push(text);
                symbols.len() - 1
            });
            uint(&mut pairs, number as u64);
        }
        uint(&mut out, pairs.len() as u64);
        out.extend_from_slice(&pairs);
    }
    out
}

/// A file's content.
#[must_use]
pub fn object(tenant: &str, labels: &[(&str, &str)], chunk: &[u8]) -> Vec<u8> {
    let labels: serde_json::Map<_, _> =
        [("__name__", "logs")].iter().chain(labels).map(|(n, v)| ((*n).to_owned(), (*v).into())).collect();
    let about = serde_json::json!({"fingerprint": 42, "userID": tenant, "from": 1.5, "through": 2, "metric": labels, "encoding": 129});
    let about = packed(4, format!("{about}\n").as_bytes());
    let mut out = (about.len() as u32 + 4).to_be_bytes().to_vec();
    out.extend_from_slice(&about);
    out.extend_from_slice(&(chunk.len() as u32).to_be_bytes());
    out.extend_from_slice(chunk);
    out
}

/// Writes a file into a directory of chunks, named as since schema 12.
pub fn write(chunks: &Path, tenant: &str, range_ms: (i64, i64), object: &[u8]) -> PathBuf {
    let dir = chunks.join(tenant).join(format!("{:x}", crc32c::crc32c(object)));
    std::fs::create_dir_all(&dir).expect("creates");
    let name = STANDARD.encode(format!("{:x}:{:x}:{:x}", range_ms.0, range_ms.1, crc32c::crc32c(object)));
    let path = dir.join(name);
    std::fs::write(&path, object).expect("writes");
    path
}
