//! Function calls.

use super::{Above, Lowered, Scope, labels, place, without_parens};
use crate::Error;
use crate::functions::{DateFunction, HistogramFunction, MathFunction};
use crate::notes::Position;
use crate::parse::{self, Expr, Extension};
use crate::plan::{Fraction, OverWindow, Plan, Quantiles, Sort, Window, WindowSource};
use crate::window::WindowFunction;

/// Functions that yield something else at every step, though their arguments do not.
const VARYING: &[&str] = &[
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "hour",
    "minute",
    "month",
    "predict_linear",
    "time",
    "timestamp",
    "year",
];

impl Scope {
    pub(super) fn call(&self, call: &parse::Call, whole: Position, above: Above) -> Result<Lowered, Error> {
        let name = call.function.name;
        if let Some(number) = self.of_query(name) {
            return Ok(Lowered::literal(Plan::Number(number)));
        }
        let above = below(name, above);
        let exprs: Vec<&Expr> = call.args.iter().map(without_parens).collect();
        let args = exprs.iter().map(|arg| self.lower(arg, above)).collect::<Result<Vec<_>, _>>()?;
        let args_fixed = args.iter().all(|arg| arg.is_fixed);
        // The time of a stored sample does not depend on the step, that of anything else does.
        let of_sample = name == "timestamp" && args.iter().all(|arg| matches!(arg.plan, Plan::Selector(_)));
        let is_fixed = args_fixed && (!VARYING.contains(&name) || of_sample);
        let settle = |arg: Lowered| if is_fixed { arg.plan } else { arg.settled() };
        let places = exprs.iter().map(|arg| place(arg)).collect();
        let mut args =
            Args { name, whole, places, plans: args.into_iter().map(settle).collect::<Vec<_>>().into_iter() };
        let plan =
            if name == "info" { Plan::Info(Box::new(self.info(&call.args, args.next()?)?)) } else { args.build()? };
        Ok(Lowered { plan, is_fixed, wraps: is_fixed })
    }

    /// What the query itself says.
    fn of_query(&self, name: &str) -> Option<f64> {
        let seconds = |ms: i64| aio_types::TimestampMs(ms).as_secs_f64();
        let range_ms = self.end.0.saturating_sub(self.start.0);
        match name {
            "start" => Some(seconds(self.start.0)),
            "end" => Some(seconds(self.end.0)),
            "range" => Some(seconds(range_ms)),
            "step" => Some(if range_ms == 0 { 0.0 } else { seconds(self.step_ms) }),
            _ => None,
        }
    }
}

/// What stands above the arguments of a function.
fn below(name: &str, mut above: Above) -> Above {
    above.takes_stats |= matches!(name, "histogram_avg" | "histogram_count" | "histogram_sum");
    above.takes_buckets |= matches!(name, "histogram_fraction" | "histogram_quantile" | "histogram_quantiles");
    above
}

/// A call whose arguments are known.
struct Args {
    name: &'static str,
    whole: Position,
    places: Vec<Position>,
    plans: std::vec::IntoIter<Plan>,
}

impl Args {
    fn next(&mut self) -> Result<Plan, Error> {
        self.plans.next().ok_or_else(|| Error::execution(format!("too few arguments in call to {:?}", self.name)))
    }

    fn boxed(&mut self) -> Result<Box<Plan>, Error> {
        self.next().map(Box::new)
    }

    fn place(&self, index: usize) -> Position {
        self.places.get(index).copied().unwrap_or(self.whole)
    }

    /// The rest, which are strings.
    fn texts(&mut self) -> Result<Vec<String>, Error> {
        let text = |plan: Plan| match plan {
            Plan::Text(text) => Ok(text),
            _ => Err(Error::execution(format!("expected type string in call to {:?}", self.name))),
        };
        self.plans.by_ref().map(text).collect()
    }

    fn window(&mut self) -> Result<Window, Error> {
        match self.next()? {
            Plan::Range(window) => Ok(window),
            _ => Err(Error::execution(format!("expected type range vector in call to {:?}", self.name))),
        }
    }

    fn build(mut self) -> Result<Plan, Error> {
        if let Some(function) = WindowFunction::named(self.name) {
            return self.over_window(function);
        }
        if let Some(function) = MathFunction::named(self.name) {
            return Ok(Plan::Math { function, input: self.boxed()?, params: self.plans.collect() });
        }
        if let Some(function) = DateFunction::named(self.name) {
            return Ok(Plan::Date { function, input: self.plans.next().map(Box::new) });
        }
        if let Some(function) = HistogramFunction::named(self.name) {
            return Ok(Plan::Histogram { function, input: self.boxed()? });
        }
        self.others()
    }

    fn others(mut self) -> Result<Plan, Error> {
        Ok(match self.name {
            "time" => Plan::Time,
            "pi" => Plan::Number(std::f64::consts::PI),
            "max_of" | "min_of" => {
                Plan::Extreme { larger: self.name == "max_of", sides: Box::new([self.next()?, self.next()?]) }
            }
            "timestamp" => Plan::Timestamp(self.boxed()?),
            "start_timestamp" => Plan::StartTimestamp(self.boxed()?),
            "vector" => Plan::Vector(self.boxed()?),
            "scalar" => Plan::Scalar(self.boxed()?),
            "absent" => self.absent()?,
            "absent_over_time" => self.absent_over_time()?,
            "label_replace" => Plan::LabelReplace(Box::new(labels::replace(self.next()?, self.texts()?)?)),
            "label_join" => Plan::LabelJoin(Box::new(labels::join(self.next()?, self.texts()?)?)),
            "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" => self.sort()?,
            "histogram_quantile" => self.quantile()?,
            "histogram_quantiles" => self.quantiles()?,
            "histogram_fraction" => self.fraction()?,
            name => return Err(Error::execution(format!("unknown function {name:?}"))),
        })
    }

    /// The window is one of the arguments, the others are scalars.
    fn over_window(self, function: WindowFunction) -> Result<Plan, Error> {
        let place = self.place(0);
        let (mut window, mut params) = (None, Vec::new());
        for plan in self.plans {
            match plan {
                Plan::Range(range) => window = Some(range),
                other => params.push(other),
            }
        }
        let missing = || Error::execution(format!("expected type range vector in call to {:?}", self.name));
        let window = window.ok_or_else(missing)?;
        check_extension(&window, self.name)?;
        Ok(Plan::OverWindow(Box::new(OverWindow { function, window, params, place })))
    }

    fn absent(&mut self) -> Result<Plan, Error> {
        let input = self.boxed()?;
        let labels = match &*input {
            Plan::Selector(selector) => labels::absent(&selector.matchers),
            _ => aio_types::Labels::default(),
        };
        Ok(Plan::Absent { input, labels })
    }

    fn absent_over_time(&mut self) -> Result<Plan, Error> {
        let window = self.window()?;
        check_extension(&window, self.name)?;
        let labels = match &window.source {
            WindowSource::Stored { matchers, .. } => labels::absent(matchers),
            WindowSource::Subquery { .. } => aio_types::Labels::default(),
        };
        Ok(Plan::AbsentOverTime { window, labels })
    }

    fn sort(&mut self) -> Result<Plan, Error> {
        let input = self.next()?;
        let labels = self.name.starts_with("sort_by_label").then(|| self.texts()).transpose()?;
        let descending = self.name.ends_with("_desc");
        Ok(Plan::Sort(Box::new(Sort { input, descending, labels, place: self.whole })))
    }

    fn quantile(&mut self) -> Result<Plan, Error> {
        let quantiles = vec![(self.next()?, self.place(0))];
        let plan = Quantiles { quantiles, input: self.next()?, label: None, place: self.place(1) };
        Ok(Plan::Quantiles(Box::new(plan)))
    }

    fn quantiles(&mut self) -> Result<Plan, Error> {
        let input = self.next()?;
        let Plan::Text(label) = self.next()? else {
            return Err(Error::execution("expected type string in call to \"histogram_quantiles\""));
        };
        let places = self.places.iter().skip(2).copied();
        let quantiles = self.plans.by_ref().zip(places).collect();
        let plan = Quantiles { quantiles, input, label: Some(label), place: self.place(0) };
        Ok(Plan::Quantiles(Box::new(plan)))
    }

    fn fraction(&mut self) -> Result<Plan, Error> {
        let (lower, upper, input) = (self.next()?, self.next()?, self.next()?);
        Ok(Plan::Fraction(Box::new(Fraction { lower, upper, input, place: self.place(2) })))
    }
}

/// Windows that reach beyond their edges are for those functions that know it.
fn check_extension(window: &Window, name: &str) -> Result<(), Error> {
    let (modifier, safe): (_, &[&str]) = match window.extension {
        None => return Ok(()),
        Some(Extension::Anchored) => ("anchored", &["changes", "delta", "increase", "rate", "resets"]),
        Some(Extension::Smoothed) => ("smoothed", &["delta", "increase", "rate"]),
    };
    if safe.contains(&name) {
        return Ok(());
    }
    let safe = safe.join(", ");
    Err(Error::execution(format!("{modifier} modifier can only be used with: {safe} - not with {name}")))
}
