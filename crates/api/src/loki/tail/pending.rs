//! Lines that wait for their turn: the oldest goes first, whichever stream it is of.

use std::collections::BTreeMap;

use aio_logql::StreamLines;
use aio_types::TimestampNs;

/// Lines, and bytes of text, beyond which no more are taken from the queue.
const LINES_MAX: usize = 10_000;
const BYTES_MAX: usize = 4 << 20;

/// By time, and of one time in the order they came.
#[derive(Debug, Default)]
pub(super) struct Pending {
    lines: BTreeMap<(TimestampNs, u64), StreamLines>,
    /// Lines that came so far.
    number: u64,
    bytes: usize,
}

impl Pending {
    /// Takes lines apart that share their labels.
    pub(super) fn push(&mut self, streams: StreamLines) {
        let StreamLines { stream, metadata, parsed, lines } = streams;
        for line in lines {
            self.bytes += line.line.len();
            self.number += 1;
            let (stream, metadata, parsed) = (stream.clone(), metadata.clone(), parsed.clone());
            let key = (line.ts, self.number);
            self.lines.insert(key, StreamLines { stream, metadata, parsed, lines: vec![line] });
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.lines.len() < LINES_MAX && self.bytes < BYTES_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// When the oldest line is from.
    pub(super) fn oldest(&self) -> Option<TimestampNs> {
        self.lines.first_key_value().map(|((ts, _), _)| *ts)
    }

    /// The oldest lines, none of them younger than that; not more than so many.
    pub(super) fn take(&mut self, youngest: TimestampNs, most: usize) -> Vec<StreamLines> {
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(first) = self.lines.first_entry()
            && first.key().0 <= youngest
        {
            let lines = first.remove();
            self.bytes -= lines.lines.iter().map(|line| line.line.len()).sum::<usize>();
            taken.push(lines);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use aio_logql::LogLine;
    use aio_types::Labels;

    use super::*;

    fn lines(app: &str, lines: &[(i64, &str)]) -> StreamLines {
        StreamLines {
            stream: Labels::from_pairs([("app", app)]),
            metadata: Labels::default(),
            parsed: Labels::default(),
            lines: lines.iter().map(|(ts, line)| LogLine { ts: TimestampNs(*ts), line: (*line).into() }).collect(),
        }
    }

    fn told(lines: &[StreamLines]) -> String {
        lines.iter().map(|l| format!("{}{} ", l.stream.get("app"), l.lines[0].line)).collect()
    }

    #[test]
    fn lines_of_all_streams_come_in_the_order_of_time() {
        let mut pending = Pending::default();
        pending.push(lines("a", &[(1, "1"), (4, "4"), (3, "3")]));
        pending.push(lines("b", &[(2, "2"), (3, "3"), (9, "9")]));
        assert_eq!((pending.oldest(), pending.bytes), (Some(TimestampNs(1)), 6));
        assert_eq!(told(&pending.take(TimestampNs(4), 3)), "a1 b2 a3 ");
        assert_eq!(told(&pending.take(TimestampNs(4), 3)), "b3 a4 ");
        assert_eq!(told(&pending.take(TimestampNs(8), 3)), "");
        assert_eq!(told(&pending.take(TimestampNs(9), 3)), "b9 ");
        assert!(pending.is_empty() && pending.bytes == 0);
    }

    #[test]
    fn there_is_an_end_to_what_waits() {
        let mut pending = Pending::default();
        pending.push(lines("a", &[(1, "x")]));
        assert!(pending.has_room());
        pending.push(lines("a", &[(2, &"x".repeat(BYTES_MAX))]));
        assert!(!pending.has_room());
        pending.take(TimestampNs(2), 2);
        assert!(pending.has_room());
        (0..LINES_MAX).for_each(|_| pending.push(lines("a", &[(1, "")])));
        assert!(!pending.has_room());
    }
}
