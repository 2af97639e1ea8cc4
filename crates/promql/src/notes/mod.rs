//! Warnings and infos that go out with an answer, each text once.

mod text;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aio_series::{Remark, Remarks};

pub(crate) use self::text::{Monotony, Note, Operation};

/// Where in a query's text something stands, in bytes from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Position(pub(crate) usize);

impl Position {
    /// ` (line:column)`, both from 1 up.
    fn shown(self, query: &str) -> String {
        let before = query.get(..self.0).unwrap_or(query);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        format!("({}:{})", before.matches('\n').count() + 1, before.len() - line_start + 1)
    }
}

/// What a query has gathered. Threads that evaluate parts of it add to the same.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    found: Mutex<BTreeMap<String, Found>>,
}

#[derive(Debug)]
struct Found {
    note: Note,
    /// The last place wins, as upstream merges them.
    place: Position,
    times: usize,
}

impl Notes {
    fn found(&self) -> MutexGuard<'_, BTreeMap<String, Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn are_none(&self) -> bool {
        self.found().is_empty()
    }

    pub(crate) fn add(&self, place: Position, note: Note) {
        self.add_times(place, note, 1);
    }

    /// What was met at so many places at once.
    pub(crate) fn add_times(&self, place: Position, note: Note, times: usize) {
        let mut all = self.found();
        match all.get_mut(&note.key()) {
            Some(found) => {
                found.note.absorb(&note);
                (found.place, found.times) = (place, found.times + times);
            }
            None => {
                let _new = all.insert(note.key(), Found { note, place, times });
            }
        }
    }

    /// A quantile outside of 0 to 1.
    pub(crate) fn check_quantile(&self, q: f64, place: Position) {
        if !(0.0..=1.0).contains(&q) {
            self.add(place, Note::InvalidQuantile(q));
        }
    }

    /// What was remarked on a series of this name.
    pub(crate) fn add_remarks(&self, place: Position, remarks: Remarks, name: &str) {
        for remark in remarks.iter() {
            self.add(place, Note::of(remark, name));
        }
    }

    /// A sample of a series of this name overlaps with the one before it, in so many windows.
    pub(crate) fn add_overlaps(&self, place: Position, name: &str, times: usize) {
        self.add_times(place, Note::of(Remark::StartOverlaps, name), times);
    }

    /// Warnings, then infos, as they go out.
    pub(crate) fn into_texts(self, query: &str) -> (Vec<String>, Vec<String>) {
        let (mut warnings, mut infos) = (Vec::new(), Vec::new());
        for Found { note, place, times } in
            self.found.into_inner().unwrap_or_else(PoisonError::into_inner).into_values()
        {
            let (kind, list) = if note.is_info() { ("info", &mut infos) } else { ("warning", &mut warnings) };
            list.push(format!("PromQL {kind}: {} {}", note.shown(times), place.shown(query)));
        }
        (warnings, infos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_unique_and_say_where() {
        let notes = Notes::default();
        let name = || Note::NoCounterName("foo".to_owned());
        notes.add(Position(0), name());
        notes.add(Position(9), name());
        notes.check_quantile(1.5, Position(2));
        notes.check_quantile(0.5, Position(2));
        let (warnings, infos) = notes.into_texts("a_foo +\n rate(foo[5m])");
        let why = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket";
        assert_eq!(infos, [format!("PromQL info: {why}: \"foo\" (2:2)")]);
        assert_eq!(warnings, ["PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:3)"]);
    }

    #[test]
    fn overlaps_are_counted() {
        let notes = Notes::default();
        notes.add_overlaps(Position(0), "m", 2);
        notes.add_overlaps(Position(0), "m", 1);
        let (warnings, _) = notes.into_texts("m");
        let why = "sample has start time that overlaps with previous sample timestamp for metric";
        assert_eq!(warnings, [format!("PromQL warning: {why} \"m\" (3 occurrences) (1:1)")]);
    }
}
