//! What every service part needs and no domain knows: the clock, files written whole, the write-ahead log.
//!
//! Would make sense in a product that has nothing to do with observability; knows no label, sample or protocol.

pub mod bytes;
pub mod clock;
pub mod fs;
pub mod retention;
pub mod wal;
