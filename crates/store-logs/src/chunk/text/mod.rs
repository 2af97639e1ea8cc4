//! The text of a chunk's lines: what repeats is told apart from what does not.
//!
//! ```text
//!   line    took=12ms peer=10.0.0.7 trace=4bf92f3577b34da6a3ce929d0e0e4736
//!   codes   [took=] [4 bytes, " "] [peer=] [2, "."] [1, "."] [1, "."] [1, " "] [trace=] [id of 16]     a byte or two for each
//!   gaps    took,0: 12ms   peer,0: 10   peer,1: 0   peer,2: 0   peer,3: 7                              in columns
//!   ids     4b f9 2f … 36
//!
//!   text    = zstd(table) | zstd(codes) | zstd(gaps of digits) | zstd(other gaps) | ids
//!   table   = bytes that stand for themselves: a bitmap of 32 bytes | pages, a byte | n symbols: shape, a byte, and text
//!           | n columns: symbol of the word + 1, place, a byte, bytes of it doubled, one more where they are digits
//! ```
//!
//! A symbol is a token with the separators behind it that occurs often: a word as it is, others by their [`Shape`] alone.
//! What a line has beside symbols stands for itself. Bytes that do not are codes: the last of them, as many as there are
//! pages, take a second byte and stand for 256 symbols each, the others for one each, in the order of symbols.
//!
//! A gap is a token with a digit. Its column is that of the last symbol before it in the line that is a word, and of how
//! many gaps came since: what is alike stands together and takes few bytes, whatever lines of it follow each other.

mod pack;
mod shape;
mod symbols;
mod unpack;

pub(super) use pack::pack;
pub(super) use symbols::Symbols;
pub(crate) use unpack::Sections;

/// Symbols that share the first byte of their codes.
const PAGE: usize = 256;
const PAGES_MAX: usize = 8;
/// Gaps past so many since the last word share a column.
const PLACES: usize = 16;
/// So many bytes are copied at a time, more than most texts and gaps have: buffers are longer by that.
const SPAN: usize = 16;

/// The column of a gap behind a word (0 for none, else its symbol and one more) and so many other gaps.
fn column(word: usize, gaps: usize) -> usize {
    word * PLACES + gaps.min(PLACES - 1)
}

#[cfg(test)]
mod tests;
