//! The files that hold a block's chunks.
//!
//! ```text
//!   magic 85BD40DD | version u8 | 3 bytes of nothing
//!   chunks   length of data uvarint | encoding u8 | data | CRC-32C of encoding and data
//! ```
//!
//! A reference is the position of the file among its neighbours (upper 32 bits) and the offset in it.

use std::path::{Path, PathBuf};

use aio_types::Samples;

use crate::bytes::Bytes;
use crate::chunk::{self, CHUNK_BYTES_MAX};
use crate::crc32c::crc32c;
use crate::error::Error;
use crate::numbered::numbered;
use crate::window::Window;

const MAGIC: u32 = 0x85BD_40DD;
const HEADER_BYTES: u64 = 8;
const LENGTH_BYTES_MAX: u64 = 5;
/// What is not data of a chunk, behind its length.
const FRAME_BYTES: u64 = 1 + 4;

/// The files in their order, of which one is open.
#[derive(Debug)]
pub(super) struct Segments {
    dir: PathBuf,
    paths: Vec<PathBuf>,
    open: Option<(usize, Window)>,
}

impl Segments {
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
        let paths = numbered(dir, "")?.into_iter().map(|(_, path)| path).collect();
        Ok(Self { dir: dir.to_owned(), paths, open: None })
    }

    /// Appends the samples of the chunk with that reference.
    pub(super) fn read(&mut self, reference: u64, out: &mut Samples) -> Result<(), Error> {
        let (file, offset) = (reference >> 32, reference & u64::from(u32::MAX));
        let window = self.window(usize::try_from(file).unwrap_or(usize::MAX))?;
        let mut head = Bytes(window.at_most(offset, LENGTH_BYTES_MAX)?);
        let available = head.0.len();
        let len = head.uvarint().filter(|len| *len <= CHUNK_BYTES_MAX as u64);
        let begin = offset + (available - head.0.len()) as u64;
        let len = len.ok_or_else(|| window.corrupt(offset, "malformed length of a chunk"))?;
        let bytes = window.exactly(begin, len + FRAME_BYTES)?;
        let sound = bytes.split_last_chunk::<4>().filter(|(body, crc)| crc32c(body) == u32::from_be_bytes(**crc));
        let Some((encoding, data)) = sound.and_then(|(body, _)| body.split_first()) else {
            return Err(window.corrupt(offset, "checksum mismatch of a chunk"));
        };
        match chunk::decode(*encoding, data, out) {
            Ok(_) => Ok(()),
            Err(reason) => Err(window.corrupt(offset, reason)),
        }
    }

    fn window(&mut self, file: usize) -> Result<&mut Window, Error> {
        let window = match self.open.take() {
            Some((open, window)) if open == file => window,
            _ => {
                let path = self.paths.get(file).cloned();
                let missing = || Error::corrupt(&self.dir, 0, format!("there is no file at position {file}"));
                open(path.ok_or_else(missing)?)?
            }
        };
        Ok(&mut self.open.insert((file, window)).1)
    }
}

fn open(path: PathBuf) -> Result<Window, Error> {
    let mut window = Window::open(path)?;
    let mut header = Bytes(window.exactly(0, HEADER_BYTES)?);
    let (magic, version) = (header.be32(), header.byte().unwrap_or(0));
    if magic != Some(MAGIC) {
        return Err(window.corrupt(0, "bad magic"));
    }
    if version != 1 {
        let path = window.path().to_owned();
        return Err(Error::Version { path, what: "chunks", found: version.into(), known: "1" });
    }
    Ok(window)
}
