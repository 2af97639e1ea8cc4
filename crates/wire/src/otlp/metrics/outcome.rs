//! What becomes of a request.

use std::collections::BTreeSet;

use aio_types::{Labels, MetricsWrite};

use super::fault::Fault;
use super::point::{Point, Spread};
use crate::weight::DECODED_BYTES_MAX;

/// Longest piece of a message: names in it are the sender's.
const REMARK_CHARS_MAX: usize = 300;
/// No piece is added to a message of this length: a request of a million bad metrics must not yield a megabyte of text.
const MESSAGE_BYTES_MAX: usize = 1000;
/// Label names whose collision is told.
const COLLISIONS_MAX: usize = 16;
/// Most bytes of series a request may become.
const SERIES_BYTES_MAX: usize = DECODED_BYTES_MAX;
/// What a series and a label take beside their text.
const SERIES_BYTES: usize = 200;
const LABEL_BYTES: usize = 64;

/// A translated request.
#[derive(Debug, Default)]
pub struct Translated {
    /// What is kept.
    pub write: MetricsWrite,
    /// For each series of `write`: which data point it was made of, counted over the request; `None` for series that
    /// belong to no point.
    pub points: Vec<Option<u32>>,
    /// Points that say how much was added since the one before them, to be added up before they become series.
    pub deltas: Vec<Point>,
    /// Points that were not taken.
    pub rejected_points: i64,
    /// What was wrong, first fault of each kind; remarks on what was kept in part.
    pub message: String,
    /// Bytes of memory that `write` and `deltas` take, roughly.
    pub bytes: usize,
    /// The data point under way.
    number: u32,
    collisions: BTreeSet<String>,
}

impl Translated {
    /// How many data points the refused series come to; series of no point count for nothing.
    #[must_use]
    pub fn points_of(points: &[Option<u32>], refused_series: &[u32]) -> i64 {
        let of = |series: &u32| points.get(*series as usize).copied().flatten();
        let distinct: BTreeSet<u32> = refused_series.iter().filter_map(of).collect();
        i64::try_from(distinct.len()).unwrap_or(i64::MAX)
    }

    /// Adds the series of a point to what is kept.
    pub fn spread(&mut self, point: Point) {
        Spread { write: &mut self.write, points: &mut self.points }.point(point);
    }

    /// Counts points that are not taken, and says why.
    pub fn reject(&mut self, points: usize, why: &str) {
        self.rejected_points = self.rejected_points.saturating_add(i64::try_from(points).unwrap_or(i64::MAX));
        self.remark(why);
    }

    pub(super) fn remark(&mut self, why: &str) {
        if self.is_told() {
            return;
        }
        let why: String = why.chars().take(REMARK_CHARS_MAX).collect();
        if !self.message.contains(&why) {
            let separator = if self.message.is_empty() { "" } else { "; " };
            self.message.push_str(separator);
            self.message.push_str(&why);
        }
    }

    /// Whether nothing more will be told.
    fn is_told(&self) -> bool {
        self.message.len() >= MESSAGE_BYTES_MAX
    }

    /// Tells once of several attributes that became one label.
    pub(super) fn collision(&mut self, label: &str) {
        if !self.is_told() && self.collisions.len() < COLLISIONS_MAX && !self.collisions.contains(label) {
            self.collisions.insert(label.to_owned());
            self.remark(&format!("several attributes became one label {label:?}, their values were joined with ';'"));
        }
    }

    /// Tells of an attribute of a resource or scope whose name says nothing.
    pub(super) fn nameless(&mut self, key: &str) {
        self.remark(&format!("attribute {key:?} of a resource or scope has no usable character and was left out"));
    }

    pub(super) fn next_point(&mut self) -> u32 {
        self.number = self.number.saturating_add(1);
        self.number
    }

    /// Takes room for so many series with so many labels of so much text, and for something more.
    pub(super) fn make_room(&mut self, series: usize, labels: usize, text: usize, more: usize) -> Result<(), Fault> {
        let one = text.saturating_add(labels.saturating_mul(LABEL_BYTES)).saturating_add(SERIES_BYTES);
        let all = one.saturating_mul(series).saturating_add(more).saturating_add(self.bytes);
        if all > SERIES_BYTES_MAX {
            return Err(Fault::Room { limit: SERIES_BYTES_MAX });
        }
        self.bytes = all;
        Ok(())
    }

    pub(super) fn push_info(&mut self, labels: Labels, samples: aio_types::Samples) {
        self.write.push(aio_types::SeriesWrite { labels, samples, exemplars: Vec::new() });
        self.points.push(None);
    }
}
