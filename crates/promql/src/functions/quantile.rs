//! `histogram_quantile`, `histogram_quantiles` and `histogram_fraction`, of classic and of native histograms.

use std::collections::HashMap;

use aio_series::Remarks;
use aio_series::histogram::{self, ClassicBucket, Straightened};
use aio_types::{Histogram, TimestampMs};
use rayon::prelude::*;

use crate::Error;
use crate::column::{Column, Point, is_absent};
use crate::eval::Context;
use crate::format::format_float;
use crate::labels::RowLabels;
use crate::notes::{Monotony, Note, Position};
use crate::parse;
use crate::plan::{Fraction, Quantiles};
use crate::row::{Row, merged};

const BUCKET_LABEL: &str = "le";

/// Fewer steps of histograms than this are worked on by the calling thread.
const PARALLEL_MIN_STEPS: usize = 1 << 10;

/// The series of one histogram: those of its classic buckets, or a native one, or both by mistake.
struct Family {
    labels: RowLabels,
    /// Upper bounds with which row they are in.
    buckets: Vec<(f64, usize)>,
    native: Option<usize>,
}

/// A vector sorted into histograms.
#[derive(Default)]
struct Families {
    families: Vec<Family>,
    places: HashMap<RowLabels, usize>,
}

impl Families {
    fn of(&mut self, labels: RowLabels) -> &mut Family {
        let next = self.families.len();
        let place = *self.places.entry(labels.clone()).or_insert(next);
        if place == next {
            self.families.push(Family { labels, buckets: Vec::new(), native: None });
        }
        &mut self.families[place]
    }
}

/// What to make of histograms.
trait Make: Sync {
    fn of_native(&self, h: &Histogram, step: usize) -> (f64, Remarks);
    fn of_classic(&self, buckets: &mut Vec<ClassicBucket>, step: usize) -> (f64, Option<Straightened>);
}

struct Quantile(Vec<f64>);

impl Make for Quantile {
    fn of_native(&self, h: &Histogram, step: usize) -> (f64, Remarks) {
        histogram::quantile(h, self.0[step])
    }

    fn of_classic(&self, buckets: &mut Vec<ClassicBucket>, step: usize) -> (f64, Option<Straightened>) {
        let quantile = histogram::classic_quantile(self.0[step], buckets);
        (quantile.value, quantile.straightened)
    }
}

struct Between(Vec<f64>, Vec<f64>);

impl Make for Between {
    fn of_native(&self, h: &Histogram, step: usize) -> (f64, Remarks) {
        histogram::fraction(h, self.0[step], self.1[step])
    }

    fn of_classic(&self, buckets: &mut Vec<ClassicBucket>, step: usize) -> (f64, Option<Straightened>) {
        (histogram::classic_fraction(self.0[step], self.1[step], buckets), None)
    }
}

impl Context<'_> {
    pub(crate) fn quantiles(&self, quantiles: &Quantiles) -> Result<Vec<Row>, Error> {
        let rows = self.rows(&quantiles.input)?;
        let families = self.families(&rows, quantiles.place);
        let mut out = Vec::new();
        for (plan, place) in &quantiles.quantiles {
            let values = self.scalars(plan)?;
            values.iter().for_each(|q| self.query.notes.check_quantile(*q, *place));
            let quantile = Quantile(values);
            let mut made = self.of_families(&rows, &families, quantiles.place, &quantile)?;
            if let Some(label) = &quantiles.label {
                made = named(made, label, &quantile.0);
            }
            out.append(&mut made);
        }
        merged(out)
    }

    pub(crate) fn fraction(&self, fraction: &Fraction) -> Result<Vec<Row>, Error> {
        let between = Between(self.scalars(&fraction.lower)?, self.scalars(&fraction.upper)?);
        let rows = self.rows(&fraction.input)?;
        let families = self.families(&rows, fraction.place);
        self.of_families(&rows, &families, fraction.place, &between)
    }

    fn families(&self, rows: &[Row], place: Position) -> Vec<Family> {
        let mut families = Families::default();
        for (index, row) in rows.iter().enumerate() {
            if row.column.has_floats() {
                let le = row.labels.get(BUCKET_LABEL);
                match bound(le) {
                    Some(bound) => {
                        let family = families.of(row.labels.filter(|name| name != BUCKET_LABEL));
                        family.buckets.push((bound, index));
                    }
                    None => {
                        let note = Note::BadBucketLabel(le.to_owned(), self.shown_name(&row.labels));
                        self.query.notes.add(place, note);
                    }
                }
            }
            if row.column.has_histograms() {
                families.of(row.labels.clone()).native = Some(index);
            }
        }
        let mut families = families.families;
        // The bounds are in order at every step then.
        families.iter_mut().for_each(|family| family.buckets.sort_by(|a, b| a.0.total_cmp(&b.0)));
        families
    }

    /// Notes name metrics only where names are still there at the end.
    fn shown_name(&self, labels: &RowLabels) -> String {
        if self.delays_names() { labels.metric_name().to_owned() } else { String::new() }
    }

    fn of_families(
        &self,
        rows: &[Row],
        families: &[Family],
        place: Position,
        make: &dyn Make,
    ) -> Result<Vec<Row>, Error> {
        let one = |family: &Family| {
            self.check()?;
            Ok(Row::new(family.labels.clone(), self.of_family(rows, family, place, make)))
        };
        let out = if families.len() * self.times.steps < PARALLEL_MIN_STEPS {
            families.iter().map(one).collect::<Result<Vec<_>, Error>>()
        } else {
            families.par_iter().map(one).collect()
        };
        self.without_name(out?)
    }

    fn of_family(&self, rows: &[Row], family: &Family, place: Position, make: &dyn Make) -> Column {
        let counts: Vec<(f64, &[f64])> =
            family.buckets.iter().map(|(bound, index)| (*bound, rows[*index].column.floats())).collect();
        let mut column = Column::absent(self.times.steps);
        let (mut buckets, mut told) = (Vec::with_capacity(counts.len()), Told::default());
        for step in 0..self.times.steps {
            let native = family.native.and_then(|index| rows[index].column.histogram(step));
            buckets.clear();
            buckets.extend(counts.iter().filter_map(|(upper_bound, counts)| {
                let (upper_bound, count) = (*upper_bound, counts[step]);
                (!is_absent(count)).then_some(ClassicBucket { upper_bound, count })
            }));
            let value = match (native, buckets.is_empty()) {
                (None, true) => continue,
                (Some(_), false) => {
                    told.is_mixed = true;
                    continue;
                }
                (Some(h), true) => {
                    let (value, remarks) = make.of_native(h, step);
                    told.remarks.extend(remarks);
                    value
                }
                (None, false) => {
                    let (value, straightened) = make.of_classic(&mut buckets, step);
                    told.straightened(straightened, self.step_time(step));
                    value
                }
            };
            column.set(step, Point::Float(value));
        }
        self.tell_family(family, told, place);
        column
    }

    fn tell_family(&self, family: &Family, told: Told, place: Position) {
        let name = self.shown_name(&family.labels);
        if told.is_mixed {
            self.query.notes.add(place, Note::MixedClassicAndNative(name.clone()));
        }
        self.query.notes.add_remarks(place, told.remarks, &name);
        if let Some(mut monotony) = told.monotony {
            monotony.name = name;
            self.query.notes.add_times(place, Note::Monotony(Box::new(monotony)), told.straightened);
        }
    }
}

/// What there is to tell of one histogram over all steps.
#[derive(Default)]
struct Told {
    remarks: Remarks,
    is_mixed: bool,
    /// Where counts fell, and at how many steps; without a name.
    monotony: Option<Monotony>,
    straightened: usize,
}

impl Told {
    fn straightened(&mut self, straightened: Option<Straightened>, t: TimestampMs) {
        let Some(straightened) = straightened else { return };
        self.straightened += 1;
        let one = Monotony {
            name: String::new(),
            times: (t, t),
            buckets: (straightened.bound_min, straightened.bound_max),
            difference_max: straightened.difference_max,
        };
        match &mut self.monotony {
            Some(monotony) => monotony.absorb(&one),
            none => *none = Some(one),
        }
    }
}

/// Of the label `le`, as Go reads it.
fn bound(le: &str) -> Option<f64> {
    parse::go_float(le).filter(|bound| !bound.is_nan())
}

/// Names the quantile that a row is of; one that varies makes several rows of it.
fn named(rows: Vec<Row>, label: &str, quantiles: &[f64]) -> Vec<Row> {
    let mut texts: Vec<String> = Vec::new();
    let of_step: Vec<usize> = quantiles
        .iter()
        .map(|q| {
            let text = quantile_text(*q);
            texts.iter().position(|known| *known == text).unwrap_or_else(|| {
                texts.push(text);
                texts.len() - 1
            })
        })
        .collect();
    let mut out = Vec::with_capacity(rows.len() * texts.len());
    for row in rows {
        for (place, text) in texts.iter().enumerate() {
            let mut column = row.column.clone();
            (0..of_step.len()).filter(|step| of_step[*step] != place).for_each(|step| column.clear(step));
            out.push(Row { labels: row.labels.with(label, text), column, drop_name: row.drop_name });
        }
    }
    out.retain(|row| row.column.has_any());
    out
}

/// As exposition formats write quantiles: whole numbers with a decimal.
fn quantile_text(q: f64) -> String {
    let text = format_float(q, true);
    if q.is_finite() && !text.contains(['.', 'e']) { text + ".0" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_named_as_exposition_formats_do() {
        for (q, expected) in [(0.5, "0.5"), (1.0, "1.0"), (0.0, "0.0"), (f64::NAN, "NaN"), (f64::INFINITY, "+Inf")] {
            assert_eq!(quantile_text(q), expected);
        }
    }
}
