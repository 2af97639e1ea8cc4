//! Reading a little ahead: queries mostly want chunks of series that follow each other, and one longer read costs less
//! than many short ones. Only who reads on from where it was reads ahead.

use std::cell::RefCell;
use std::os::unix::fs::FileExt;

use super::{Block, Part};
use crate::error::Error;

/// How much is read at once where it pays.
const AHEAD_BYTES: usize = 64 << 10;
/// What lies no further behind the last read is reading on.
const NEAR_BYTES: u64 = 16 << 10;

/// What a thread has read last.
#[derive(Debug, Default)]
struct Buffer {
    /// The block's own number.
    block: u64,
    offset: u64,
    bytes: Vec<u8>,
    /// Where that ended which was asked for last.
    end: u64,
}

impl Buffer {
    /// Which of the bytes those of a part are.
    fn find(&self, block: u64, part: Part) -> Option<&[u8]> {
        let begin = usize::try_from(part.offset.checked_sub(self.offset)?).ok()?;
        let end = begin.checked_add(usize::try_from(part.bytes).ok()?)?;
        self.bytes.get(begin..end).filter(|_| self.block == block)
    }

    fn is_read_on(&self, block: u64, part: Part) -> bool {
        self.block == block && part.offset.checked_sub(self.end).is_some_and(|gap| gap <= NEAR_BYTES)
    }
}

impl Block {
    /// Runs `work` on the bytes of a part, checksum and all.
    pub(super) fn with_raw<T>(&self, part: Part, work: impl FnOnce(&[u8]) -> Result<T, Error>) -> Result<T, Error> {
        thread_local! {
            static BUFFER: RefCell<Buffer> = RefCell::default();
        }
        BUFFER.with(|buffer| {
            let mut buffer = buffer.borrow_mut();
            if buffer.find(self.number, part).is_none() {
                self.fill(&mut buffer, part)?;
            }
            buffer.end = part.offset.saturating_add(part.bytes);
            let bytes = buffer.find(self.number, part).ok_or_else(|| self.corrupt(part, "part is too large"))?;
            work(bytes)
        })
    }

    fn fill(&self, buffer: &mut Buffer, part: Part) -> Result<(), Error> {
        let wanted = usize::try_from(part.bytes).map_err(|_| self.corrupt(part, "part is too large"))?;
        let left = self.footer.top.offset.saturating_sub(part.offset);
        let ahead = usize::try_from(left).unwrap_or(usize::MAX).min(AHEAD_BYTES);
        let length = if buffer.is_read_on(self.number, part) { wanted.max(ahead) } else { wanted };
        // Nothing counts as read until it is.
        buffer.bytes.clear();
        if buffer.bytes.capacity() > 4 * AHEAD_BYTES {
            buffer.bytes = Vec::new();
        }
        let mut bytes = std::mem::take(&mut buffer.bytes);
        bytes.resize(length, 0);
        self.file.read_exact_at(&mut bytes, part.offset).map_err(Error::io(&self.path))?;
        (buffer.block, buffer.offset, buffer.bytes) = (self.number, part.offset, bytes);
        Ok(())
    }
}
