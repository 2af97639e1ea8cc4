//! Blocks.

use std::path::{Path, PathBuf};

use aio_types::Labels;

use super::Out;

/// A chunk: its encoding, its data, and when it begins and ends.
pub(crate) type TestChunk = (u8, Vec<u8>, i64, i64);

/// What a block is made of.
#[derive(Debug, Clone)]
pub(crate) struct TestBlock {
    pub(crate) ulid: String,
    pub(crate) version: u8,
    /// In order of labels.
    pub(crate) series: Vec<(Labels, Vec<TestChunk>)>,
    /// Position of the series, start and end.
    pub(crate) tombstones: Vec<(usize, i64, i64)>,
}

impl TestBlock {
    /// Writes it below `dir`, chunks in two files.
    pub(crate) fn write(&self, dir: &Path) -> PathBuf {
        let dir = dir.join(&self.ulid);
        std::fs::create_dir_all(dir.join("chunks")).expect("creates");
        let references = self.write_chunks(&dir.join("chunks"));
        let (index, ids) = self.index(&references);
        std::fs::write(dir.join("index"), index).expect("writes");
        if !self.tombstones.is_empty() {
            std::fs::write(dir.join("tombstones"), self.tombstones(&ids)).expect("writes");
        }
        let text = format!(r#"{{"ulid":"{}","minTime":0,"maxTime":1000000,"version":1}}"#, self.ulid);
        std::fs::write(dir.join("meta.json"), text).expect("writes");
        dir
    }

    fn write_chunks(&self, dir: &Path) -> Vec<Vec<u64>> {
        let header = |out: &mut Out| out.bytes(&0x85BD_40DD_u32.to_be_bytes()).bytes(&[1, 0, 0, 0]).0.len();
        let mut files = [Out::default(), Out::default()];
        files.iter_mut().for_each(|file| assert_eq!(header(file), 8));
        let half = self.series.len() / 2;
        let mut references = Vec::new();
        for (at, (_, chunks)) in self.series.iter().enumerate() {
            let number = usize::from(at >= half);
            let file = &mut files[number];
            let write = |(encoding, data, ..): &TestChunk| {
                let offset = file.0.len();
                file.uvarint(data.len() as u64);
                let begin = file.0.len();
                file.bytes(&[*encoding]).bytes(data).crc(begin);
                (number as u64) << 32 | offset as u64
            };
            references.push(chunks.iter().map(write).collect());
        }
        for (number, file) in files.iter().enumerate() {
            std::fs::write(dir.join(format!("{:06}", number + 1)), &file.0).expect("writes");
        }
        references
    }

    /// The file, and the names of series.
    fn index(&self, references: &[Vec<u64>]) -> (Vec<u8>, Vec<u64>) {
        let mut out = Out::default();
        out.bytes(&0xBAAA_D700_u32.to_be_bytes()).bytes(&[self.version]);
        let symbols_at = out.0.len();
        let (symbols, places) = self.symbols(symbols_at as u64);
        out.bytes(&symbols);
        let series_at = out.0.len();
        let mut ids = Vec::new();
        for ((labels, chunks), references) in self.series.iter().zip(references) {
            if self.version > 1 {
                out.0.resize(out.0.len().next_multiple_of(16), 0);
            }
            ids.push(if self.version > 1 { out.0.len() as u64 / 16 } else { out.0.len() as u64 });
            let mut body = Out::default();
            body.uvarint(labels.len() as u64);
            let place = |text: &str| places.iter().find(|(symbol, _)| symbol == text).expect("a symbol").1;
            labels.iter().for_each(|(name, value)| {
                body.uvarint(place(name)).uvarint(place(value));
            });
            write_chunks(&mut body, chunks, references);
            out.uvarint(body.0.len() as u64).bytes(&body.0);
            let begin = out.0.len() - body.0.len();
            out.crc(begin);
        }
        let end = out.0.len() as u64;
        // Postings that nobody reads.
        out.bytes(&[0; 24]);
        let contents = out.0.len();
        for offset in [symbols_at as u64, series_at as u64, end, end + 8, end + 4, end + 12] {
            out.be64(offset);
        }
        out.crc(contents);
        (out.0, ids)
    }

    /// The table, and how series name its strings.
    fn symbols(&self, at: u64) -> (Vec<u8>, Vec<(String, u64)>) {
        let pairs = self.series.iter().flat_map(|(labels, _)| labels.iter());
        let mut texts: Vec<String> = pairs.flat_map(|(name, value)| [name.to_owned(), value.to_owned()]).collect();
        texts.sort();
        texts.dedup();
        let mut body = Out::default();
        body.bytes(&u32::try_from(texts.len()).expect("few").to_be_bytes());
        let mut places = Vec::new();
        for (number, text) in texts.into_iter().enumerate() {
            let offset = at + 4 + body.0.len() as u64;
            body.text(&text);
            places.push((text, if self.version > 1 { number as u64 } else { offset }));
        }
        let mut out = Out::default();
        out.bytes(&u32::try_from(body.0.len()).expect("few").to_be_bytes()).bytes(&body.0).crc(4);
        (out.0, places)
    }

    fn tombstones(&self, ids: &[u64]) -> Vec<u8> {
        let mut out = Out::default();
        out.bytes(&0x0130_BA30_u32.to_be_bytes()).bytes(&[1]);
        for (series, start, end) in &self.tombstones {
            out.uvarint(ids[*series]).varint(*start).varint(*end);
        }
        out.crc(5);
        out.0
    }
}

fn write_chunks(body: &mut Out, chunks: &[TestChunk], references: &[u64]) {
    body.uvarint(chunks.len() as u64);
    let (mut last, mut reference) = (0, 0);
    for (at, ((.., start, end), next)) in chunks.iter().zip(references).enumerate() {
        if at == 0 {
            body.varint(*start);
        } else {
            body.uvarint((start - last).cast_unsigned());
        }
        body.uvarint((end - start).cast_unsigned());
        if at == 0 {
            body.uvarint(*next);
        } else {
            body.varint(next.cast_signed() - reference);
        }
        (last, reference) = (*end, next.cast_signed());
    }
}
