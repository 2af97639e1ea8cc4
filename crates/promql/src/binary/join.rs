//! Operators between two vectors, joined one to one or many to one. Which rows meet is found once, by their labels;
//! then each pair of rows is gone through step by step.

use std::collections::HashMap;

use super::element::{Yield, apply, arithmetic, holds};
use super::labels;
use crate::Error;
use crate::column::{ABSENT, Column, Point, is_absent};
use crate::eval::Context;
use crate::labels::{OrdinalMap, RowLabels};
use crate::parse::{BinaryOp, Cardinality};
use crate::plan::{Binary, Matching};
use crate::row::Row;

const MANY_TO_ONE: &str = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)";
const NOT_UNIQUE: &str = "multiple matches for labels: grouping labels must ensure unique matches";

/// The rows of both sides that have the same signature.
#[derive(Default)]
struct Group {
    many: Vec<usize>,
    one: Vec<usize>,
}

impl Context<'_> {
    pub(super) fn join(&self, binary: &Binary, left: Vec<Row>, right: Vec<Row>) -> Result<Vec<Row>, Error> {
        let swapped = binary.matching.cardinality == Cardinality::OneToMany;
        let (many, one) = if swapped { (right, left) } else { (left, right) };
        let join = Join { context: self, binary, swapped, many: &many, one: &one };
        let mut out = Vec::new();
        for group in join.groups() {
            self.check()?;
            join.refuse_twins(&group)?;
            join.group(&group, &mut out)?;
        }
        out.retain(|row: &Row| row.column.has_any());
        self.joined(out)
    }
}

struct Join<'a> {
    context: &'a Context<'a>,
    binary: &'a Binary,
    /// Whether the many side stands on the right.
    swapped: bool,
    many: &'a [Row],
    one: &'a [Row],
}

impl Join<'_> {
    fn matching(&self) -> &Matching {
        &self.binary.matching
    }

    fn groups(&self) -> Vec<Group> {
        let mut ordinals = OrdinalMap::new(&self.matching().labels);
        let mut groups: Vec<Group> = Vec::new();
        let mut place = |labels: &RowLabels| {
            let ordinal = ordinals.ordinal(labels);
            groups.resize_with(groups.len().max(ordinal + 1), Group::default);
            ordinal
        };
        let many: Vec<usize> = self.many.iter().map(|row| place(&row.labels)).collect();
        let one: Vec<usize> = self.one.iter().map(|row| place(&row.labels)).collect();
        many.into_iter().enumerate().for_each(|(index, group)| groups[group].many.push(index));
        one.into_iter().enumerate().for_each(|(index, group)| groups[group].one.push(index));
        groups
    }

    fn has_fill(&self) -> bool {
        self.matching().fill_left.is_some() || self.matching().fill_right.is_some()
    }

    /// The one side may have one element of a signature at a step, unless the other side has none at all there.
    fn refuse_twins(&self, group: &Group) -> Result<(), Error> {
        let [_, _, ..] = group.one.as_slice() else { return Ok(()) };
        for step in 0..self.context.times.steps {
            let mut present = group.one.iter().map(|i| &self.one[*i]).filter(|row| row.column.is_present(step));
            let (Some(a), Some(b)) = (present.next(), present.next()) else { continue };
            if self.has_fill() || self.many.iter().any(|row| row.column.is_present(step)) {
                return Err(self.twins(&a.labels, &b.labels));
            }
        }
        Ok(())
    }

    fn twins(&self, a: &RowLabels, b: &RowLabels) -> Error {
        let group = self.signature(a).to_labels();
        let side = if self.swapped { "left" } else { "right" };
        let mut twins = [a.to_labels().to_string(), b.to_labels().to_string()];
        twins.sort();
        let [a, b] = twins;
        Error::execution(format!(
            "found duplicate series for the match group {group} on the {side} hand-side of the operation: [{a}, {b}];\
             many-to-many matching not allowed: matching labels must be unique on one side"
        ))
    }

    fn signature(&self, labels: &RowLabels) -> RowLabels {
        self.matching().labels.of(labels)
    }

    /// All pairs of one signature.
    fn group(&self, group: &Group, out: &mut Vec<Row>) -> Result<(), Error> {
        if group.many.is_empty() && self.matching().fill_left.is_none() {
            return Ok(());
        }
        if group.one.is_empty() && self.matching().fill_right.is_none() {
            return Ok(());
        }
        if let ([many], [one]) = (group.many.as_slice(), group.one.as_slice())
            && !self.has_fill()
        {
            let (many, one) = (&self.many[*many], &self.one[*one]);
            let mut pair = Pair::new(self, &many.labels, &one.labels);
            pair.run(self, &many.column, &one.column);
            out.push(pair.into_row(self));
            return Ok(());
        }
        let mut results = Results::new(self.matching().cardinality, self.context.times.steps);
        self.pairs(group, &mut results)?;
        self.fill_one(group, &mut results)?;
        self.fill_many(group, &mut results)?;
        out.extend(results.rows.into_iter().map(|pair| pair.into_row(self)));
        Ok(())
    }

    fn pairs(&self, group: &Group, results: &mut Results) -> Result<(), Error> {
        for many in group.many.iter().map(|i| &self.many[*i]) {
            for one in group.one.iter().map(|i| &self.one[*i]) {
                let mut pair = Pair::new(self, &many.labels, &one.labels);
                pair.run(self, &many.column, &one.column);
                results.push(pair)?;
            }
        }
        Ok(())
    }

    /// The value of `fill_right` stands for what the one side has not.
    fn fill_one(&self, group: &Group, results: &mut Results) -> Result<(), Error> {
        let Some(fill) = self.matching().fill_right else { return Ok(()) };
        let missing = self.filling(&group.one, self.one, fill, |_| false);
        for many in group.many.iter().map(|i| &self.many[*i]) {
            let mut pair = Pair::new(self, &many.labels, &self.signature(&many.labels));
            pair.run(self, &many.column, &missing);
            results.push(pair)?;
        }
        Ok(())
    }

    /// The value of `fill_left` stands for what the many side has not.
    fn fill_many(&self, group: &Group, results: &mut Results) -> Result<(), Error> {
        let Some(fill) = self.matching().fill_left else { return Ok(()) };
        let matched = std::mem::take(&mut results.matched);
        let missing = self.filling(&[], self.many, fill, |step| matched[step]);
        results.matched = matched;
        for one in group.one.iter().map(|i| &self.one[*i]) {
            let mut pair = Pair::new(self, &self.signature(&one.labels), &one.labels);
            pair.run(self, &missing, &one.column);
            results.push(pair)?;
        }
        Ok(())
    }

    /// `fill` at the steps where none of the rows has anything and `is_taken` does not say otherwise.
    fn filling(&self, members: &[usize], rows: &[Row], fill: f64, is_taken: impl Fn(usize) -> bool) -> Column {
        let present = |step| members.iter().any(|i| rows[*i].column.is_present(step));
        let at = |step| if present(step) || is_taken(step) { ABSENT } else { fill };
        Column::of((0..self.context.times.steps).map(at).collect())
    }
}

/// What two rows yield.
struct Pair {
    labels: RowLabels,
    column: Column,
    /// The steps at which elements met, whether they were kept or filtered out.
    matched: Vec<bool>,
}

impl Pair {
    fn new(join: &Join<'_>, many: &RowLabels, one: &RowLabels) -> Self {
        let binary = join.binary;
        let drops_name = labels::changes_meaning(binary.op) || (binary.return_bool && !join.context.delays_names());
        let labels = labels::result(many, one, &binary.matching, drops_name);
        Self { labels, column: Column::default(), matched: Vec::new() }
    }

    fn into_row(self, join: &Join<'_>) -> Row {
        Row { drop_name: join.binary.return_bool, ..Row::new(self.labels, self.column) }
    }

    fn run(&mut self, join: &Join<'_>, many: &Column, one: &Column) {
        let (left, right) = if join.swapped { (one, many) } else { (many, one) };
        let op = join.binary.op;
        let trims = matches!(op, BinaryOp::TrimLower | BinaryOp::TrimUpper);
        if left.has_histograms() || right.has_histograms() || trims {
            self.run_any(join, left, right);
        } else {
            self.column = Column::of(run_floats(join.binary, left.floats(), right.floats()));
            let met = left.floats().iter().zip(right.floats()).map(|(l, r)| !is_absent(*l) && !is_absent(*r));
            self.matched = met.collect();
        }
    }

    fn run_any(&mut self, join: &Join<'_>, left: &Column, right: &Column) {
        let steps = left.steps();
        self.column = Column::absent(steps);
        self.matched = vec![false; steps];
        for step in (0..steps).filter(|step| left.is_present(*step) && right.is_present(*step)) {
            match apply(join.binary.op, &left.point(step), &right.point(step)) {
                Err(note) => join.context.query.notes.add(join.binary.place, note),
                Ok(Yield { point, keeps, note }) => {
                    self.matched[step] = true;
                    if let Some(note) = note {
                        join.context.query.notes.add(join.binary.place, note);
                    }
                    if join.binary.return_bool {
                        self.column.set(step, Point::Float(f64::from(u8::from(keeps))));
                    } else if keeps {
                        self.column.set(step, point);
                    }
                }
            }
        }
    }
}

fn run_floats(binary: &Binary, left: &[f64], right: &[f64]) -> Vec<f64> {
    let op = binary.op;
    let both = |l: f64, r: f64| !is_absent(l) && !is_absent(r);
    let pairs = left.iter().zip(right).map(|(l, r)| (*l, *r));
    if !op.is_comparison() {
        pairs.map(|(l, r)| if both(l, r) { arithmetic(op, l, r) } else { ABSENT }).collect()
    } else if binary.return_bool {
        pairs.map(|(l, r)| if both(l, r) { f64::from(u8::from(holds(op, l, r))) } else { ABSENT }).collect()
    } else {
        pairs.map(|(l, r)| if both(l, r) && holds(op, l, r) { l } else { ABSENT }).collect()
    }
}

/// What one signature yields: no two elements of it at a step, or of many to one no two equal ones.
struct Results {
    cardinality: Cardinality,
    /// Whether anything met at a step.
    matched: Vec<bool>,
    rows: Vec<Pair>,
    places: HashMap<RowLabels, usize>,
}

impl Results {
    fn new(cardinality: Cardinality, steps: usize) -> Self {
        Self { cardinality, matched: vec![false; steps], rows: Vec::new(), places: HashMap::new() }
    }

    fn push(&mut self, pair: Pair) -> Result<(), Error> {
        let one_to_one = self.cardinality == Cardinality::OneToOne;
        for (taken, met) in self.matched.iter_mut().zip(&pair.matched).filter(|(_, met)| **met) {
            if one_to_one && *taken {
                return Err(Error::execution(MANY_TO_ONE));
            }
            *taken |= *met;
        }
        let Some(place) = self.places.get(&pair.labels) else {
            self.places.insert(pair.labels.clone(), self.rows.len());
            self.rows.push(pair);
            return Ok(());
        };
        let before = &mut self.rows[*place];
        for step in (0..pair.matched.len()).filter(|step| pair.matched[*step]) {
            if before.matched[step] {
                return Err(Error::execution(NOT_UNIQUE));
            }
            before.matched[step] = true;
            before.column.set(step, pair.column.point(step));
        }
        Ok(())
    }
}
