//! `info`: labels of what is known about the origin of series, joined by `instance` and `job`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use aio_types::{METRIC_NAME, MatchOp, Matcher, MatcherError};

use crate::Error;
use crate::column::{Column, is_absent};
use crate::eval::{Context, Tally};
use crate::labels::RowLabels;
use crate::notes::Position;
use crate::plan::{Info, Selector};
use crate::row::{Row, merged};
use crate::select::Newest;

const IDENTIFYING: [&str; 2] = ["instance", "job"];
const DEFAULT_NAME: &str = "target_info";

impl From<MatcherError> for Error {
    fn from(error: MatcherError) -> Self {
        Self::Execution(error.to_string())
    }
}

/// What the second argument asks for.
struct Wanted {
    /// Of the names of info series.
    names: Vec<Matcher>,
    /// Of their labels; those that are named here are taken, all of them where none is.
    labels: Vec<Matcher>,
}

impl Wanted {
    fn of(matchers: Option<&[Matcher]>) -> Result<Self, Error> {
        let all = matchers.unwrap_or_default();
        let (mut names, labels): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|m| &*m.name == METRIC_NAME);
        let says_which = names.iter().any(|m| matches!(m.op, MatchOp::Equal | MatchOp::Regex));
        if names.is_empty() {
            names.push(Matcher::new(METRIC_NAME, MatchOp::Equal, DEFAULT_NAME)?);
        } else if !says_which {
            names.insert(0, Matcher::new(METRIC_NAME, MatchOp::Regex, ".+_info")?);
        }
        Ok(Self { names, labels })
    }

    fn takes(&self, label: &str) -> bool {
        self.labels.is_empty() || self.labels.iter().any(|m| &*m.name == label)
    }

    /// Whether a series for which there is no info is left out.
    fn is_required(&self) -> bool {
        self.labels.iter().any(|m| !m.matches_empty())
    }

    /// Info series are not joined with themselves.
    fn is_info(&self, row: &Row) -> bool {
        self.names.iter().all(|m| m.matches(row.labels.metric_name()))
    }
}

/// An info series and when its samples were taken, by step.
struct InfoSeries {
    labels: RowLabels,
    times: Vec<f64>,
}

impl Context<'_> {
    pub(crate) fn info(&self, info: &Info) -> Result<Vec<Row>, Error> {
        let wanted = Wanted::of(info.matchers.as_deref())?;
        let rows = self.rows(&info.input)?;
        let series = self.info_series(info, &wanted, &rows)?;
        let mut by_identity: HashMap<Vec<String>, Vec<&InfoSeries>> = HashMap::new();
        for one in &series {
            by_identity.entry(identity(&one.labels)).or_default().push(one);
        }
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            self.check()?;
            if wanted.is_info(&row) {
                out.push(row);
                continue;
            }
            let candidates = by_identity.get(&identity(&row.labels)).map_or(&[][..], Vec::as_slice);
            self.enrich(row, candidates, &wanted, &mut out)?;
        }
        merged(out)
    }

    /// The info series that may belong to any of the rows.
    fn info_series(&self, info: &Info, wanted: &Wanted, rows: &[Row]) -> Result<Vec<InfoSeries>, Error> {
        let mut matchers = wanted.labels.clone();
        let joined = rows.iter().filter(|row| !wanted.is_info(row));
        let mut values: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for row in joined {
            for name in IDENTIFYING.into_iter().filter(|name| !row.labels.get(name).is_empty()) {
                values.entry(name).or_default().insert(regex::escape(row.labels.get(name)));
            }
        }
        if values.is_empty() {
            return Ok(Vec::new());
        }
        for (name, values) in values {
            let pattern = values.into_iter().collect::<Vec<_>>().join("|");
            matchers.push(Matcher::new(name, MatchOp::Regex, pattern)?);
        }
        matchers.extend(wanted.names.iter().cloned());
        let place = Position::default();
        let selector = Selector { matchers, shift: info.shift, smoothed: false, stats_only: false, place };
        let context = Context { tally: Tally::Nowhere, ..*self };
        let time = |newest: &Newest<'_>| match newest {
            Newest::Float(sample, _) => sample.t.as_secs_f64(),
            Newest::Histogram(_) => f64::NAN,
        };
        let rows = context.newest_as(&selector, &|newest| Some(time(newest)))?;
        rows.into_iter().map(info_series).collect()
    }

    /// Adds a row for each set of labels that a series gets over time.
    fn enrich(&self, row: Row, candidates: &[&InfoSeries], wanted: &Wanted, out: &mut Vec<Row>) -> Result<(), Error> {
        let mut parts: Vec<(Vec<usize>, RowLabels, Column)> = Vec::new();
        for step in (0..row.column.steps()).filter(|step| row.column.is_present(*step)) {
            let chosen = newest_of_each_name(candidates, step)?;
            if chosen.is_empty() && wanted.is_required() {
                continue;
            }
            let place = match parts.iter().position(|(of, ..)| *of == chosen) {
                Some(place) => place,
                None => {
                    let infos: Vec<&RowLabels> = chosen.iter().map(|i| &candidates[*i].labels).collect();
                    let labels = enriched(&row.labels, &infos, wanted)?;
                    parts.push((chosen, labels, Column::absent(row.column.steps())));
                    parts.len() - 1
                }
            };
            parts[place].2.set(step, row.column.point(step));
        }
        let drop_name = row.drop_name;
        out.extend(parts.into_iter().map(|(_, labels, column)| Row { drop_name, ..Row::new(labels, column) }));
        Ok(())
    }
}

/// A sample that is no float has no time here.
fn info_series(row: Row) -> Result<InfoSeries, Error> {
    let times = row.column.floats().to_vec();
    if times.iter().any(|t| t.is_nan() && !is_absent(*t)) {
        let labels = row.labels.to_labels();
        return Err(Error::execution(format!("this should be an info metric, with float samples: {labels}")));
    }
    Ok(InfoSeries { labels: row.labels, times })
}

fn identity(labels: &RowLabels) -> Vec<String> {
    IDENTIFYING.iter().map(|name| labels.get(name).to_owned()).collect()
}

/// Which of the candidates count at a step: of those with one name the newest.
fn newest_of_each_name(candidates: &[&InfoSeries], step: usize) -> Result<Vec<usize>, Error> {
    let mut chosen: Vec<usize> = Vec::new();
    for (index, candidate) in candidates.iter().enumerate().filter(|(_, c)| !is_absent(c.times[step])) {
        let name = candidate.labels.metric_name();
        let Some(rival) = chosen.iter_mut().find(|i| candidates[**i].labels.metric_name() == name) else {
            chosen.push(index);
            continue;
        };
        let (old, new) = (candidates[*rival].times[step], candidate.times[step]);
        if old < new {
            *rival = index;
        } else if old == new {
            return Err(duplicate(candidates[*rival], candidate, old));
        }
    }
    Ok(chosen)
}

fn duplicate(a: &InfoSeries, b: &InfoSeries, seconds: f64) -> Error {
    let ms = seconds * 1000.0;
    let (a, b) = (a.labels.to_labels(), b.labels.to_labels());
    Error::execution(format!("found duplicate series for info metric: existing {a} @ {ms:.0}, new {b} @ {ms:.0}"))
}

/// The labels of a series with those of info series that it has not yet.
fn enriched(labels: &RowLabels, infos: &[&RowLabels], wanted: &Wanted) -> Result<RowLabels, Error> {
    let own: HashSet<&str> = labels.iter().map(|(name, _)| name).collect();
    let mut added: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, value) in infos.iter().flat_map(|info| info.iter()) {
        if name == METRIC_NAME || !wanted.takes(name) {
            continue;
        }
        if added.get(name).is_some_and(|known| *known != value) {
            return Err(Error::execution(format!("conflicting label: {name}")));
        }
        if !own.contains(name) {
            added.insert(name, value);
        }
    }
    let mut builder = labels.to_labels().to_builder();
    for (name, value) in added {
        builder.push(name, value);
    }
    Ok(builder.build().into())
}
