//! Memory for decompressed bodies that is used again and again: asking for it and clearing it costs as much as filling it.

use std::sync::Arc;

use parking_lot::Mutex;

/// A larger one is given back.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// Some buffers. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Buffers {
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
    count_max: usize,
}

impl Buffers {
    /// Keeps so many at most.
    pub(crate) fn new(count_max: usize) -> Self {
        Self { kept: Arc::default(), count_max }
    }

    /// Runs `work` with one of them, of any content.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let kept = self.kept.lock().pop();
        let mut buffer = kept.unwrap_or_default();
        let done = work(&mut buffer);
        if buffer.capacity() <= KEPT_BYTES_MAX {
            let mut kept = self.kept.lock();
            if kept.len() < self.count_max {
                kept.push(buffer);
            }
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_small_ones_are_kept() {
        let buffers = Buffers::new(1);
        let capacity = |bytes: usize| {
            buffers.with(|outer| {
                buffers.with(|inner| inner.resize(bytes, 1));
                outer.capacity()
            })
        };
        assert_eq!((capacity(100), buffers.kept.lock().len()), (0, 1), "the first that came back");
        assert!(capacity(KEPT_BYTES_MAX + 1) >= 100);
        assert!(buffers.kept.lock().iter().all(|kept| kept.capacity() <= KEPT_BYTES_MAX));
    }
}
