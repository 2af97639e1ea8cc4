//! A page of the newest lines: how far back it reaches, told by times alone, so that no older line is unpacked.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use aio_source::{LogsFilter, LogsRead, LogsSelect};
use aio_types::{Labels, TimestampNs};

use crate::slices::{From, Part};

/// The time of the last line of the page that a selection wants; `None` where there is no page, or it holds everything.
pub(crate) fn floor(select: &LogsSelect, parts: &[(Labels, Part)], read: &mut LogsRead) -> Option<TimestampNs> {
    let enough = select.enough.filter(|enough| *enough > 0)?;
    if !select.newest_first || !matches!(select.filter, LogsFilter::Any) {
        return None;
    }
    let mut newest_first: Vec<&Part> = parts.iter().map(|(_, part)| part).collect();
    newest_first.sort_by_key(|part| Reverse(part.max));
    let mut page = Page { enough, times: BinaryHeap::new() };
    for part in newest_first {
        if page.floor().is_some_and(|floor| part.max < floor) {
            break;
        }
        let range = select.start..select.end;
        match &part.from {
            // A damaged chunk is named when its lines are read.
            From::Stored(view, chunk) => {
                if let Ok(brief) = view.brief(chunk, read) {
                    page.add(brief.rows.iter().rev().map(|row| row.ts).filter(|ts| range.contains(ts)));
                }
            }
            From::Memory(entries, lines) => page.add(entries[lines.clone()].iter().rev().map(|entry| entry.ts)),
        }
    }
    page.floor().filter(|floor| *floor > select.start)
}

struct Page {
    enough: usize,
    /// The newest, the oldest of them on top.
    times: BinaryHeap<Reverse<TimestampNs>>,
}

impl Page {
    /// Times descend.
    fn add(&mut self, times: impl Iterator<Item = TimestampNs>) {
        for time in times {
            if self.floor().is_some_and(|floor| time <= floor) {
                return;
            }
            if self.times.len() == self.enough {
                self.times.pop();
            }
            self.times.push(Reverse(time));
        }
    }

    /// The oldest time on a page that is full.
    fn floor(&self) -> Option<TimestampNs> {
        self.times.peek().filter(|_| self.times.len() == self.enough).map(|Reverse(time)| *time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_at_its_oldest_line() {
        let mut page = Page { enough: 3, times: BinaryHeap::new() };
        let mut add = |times: &[i64]| {
            page.add(times.iter().copied().map(TimestampNs));
            page.floor()
        };
        assert_eq!(add(&[9, 5]), None);
        assert_eq!(add(&[7, 1]), Some(TimestampNs(5)));
        assert_eq!(add(&[8, 8, 8]), Some(TimestampNs(8)));
        assert_eq!(add(&[8, 7]), Some(TimestampNs(8)));
    }
}
