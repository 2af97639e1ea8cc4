//! Patterns of lines, and of patterns.

use aio_patterns::Miner;

pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut miner = Miner::default();
    let ids: Vec<_> = text.lines().filter_map(|line| miner.add(line)).collect();
    for pattern in ids.into_iter().filter_map(|id| miner.pattern(id)) {
        // A pattern is a line of its own pattern, unless that is too long to be one.
        let mut again = Miner::default();
        if let Some(id) = again.add(&pattern) {
            assert_eq!(again.pattern(id), Some(pattern));
        }
    }
}
