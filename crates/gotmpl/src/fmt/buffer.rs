//! Text that does not grow beyond a bound.

/// Appends to a string; what does not fit is left out, which shows in [`Buffer::is_full`].
#[derive(Debug)]
pub(crate) struct Buffer<'o> {
    out: &'o mut String,
    /// Of the string as a whole.
    length_max: usize,
    is_full: bool,
}

impl<'o> Buffer<'o> {
    /// Takes `bytes_max` more bytes.
    pub(crate) fn new(out: &'o mut String, bytes_max: usize) -> Self {
        let length_max = out.len().saturating_add(bytes_max);
        Self { out, length_max, is_full: false }
    }

    /// Whether something was left out.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        if self.is_full || text.len() > self.length_max - self.out.len() {
            self.is_full = true;
        } else {
            self.out.push_str(text);
        }
    }

    pub(crate) fn push(&mut self, c: char) {
        self.push_str(c.encode_utf8(&mut [0; 4]));
    }

    pub(crate) fn fill(&mut self, c: char, count: usize) {
        if self.is_full || count > self.length_max - self.out.len() {
            self.is_full = true;
        } else {
            self.out.extend(std::iter::repeat_n(c, count));
        }
    }
}
