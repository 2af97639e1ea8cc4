//! What makes a histogram valid.

use aio_types::{BucketSpan, Histogram};

use super::reduce::{MAX_SCHEMA, MIN_SCHEMA};

/// Which side of a histogram, or its custom buckets, are at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The positive side.
    Positive,
    /// The negative side.
    Negative,
    /// Custom buckets.
    Custom,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Positive => "positive side",
            Self::Negative => "negative side",
            Self::Custom => "custom buckets",
        })
    }
}

/// Why a histogram is invalid; the fault is that of who made it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A schema that there is not, or that is not computed with.
    #[error(
        "histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom \
         buckets, got schema {0}"
    )]
    Schema(i32),
    /// A span that goes back.
    #[error("{part}: span number {number} with offset {offset}: histogram has a span whose offset is negative")]
    NegativeOffset {
        /// Where.
        part: Part,
        /// Counted from one.
        number: usize,
        /// Its offset.
        offset: i32,
    },
    /// More or fewer buckets than spans stand for.
    #[error(
        "{part}: spans need {expected} buckets, have {got} buckets: histogram spans specify different number of buckets \
         than provided"
    )]
    BucketsMismatch {
        /// Where.
        part: Part,
        /// As spans have it.
        expected: u64,
        /// Buckets that there are.
        got: usize,
    },
    /// A bucket that counts less than nothing.
    #[error(
        "{part}: bucket number {number} has observation count of {count}: histogram has a bucket whose observation count \
         is negative"
    )]
    NegativeBucket {
        /// Where.
        part: Part,
        /// Counted from one.
        number: usize,
        /// Its count.
        count: f64,
    },
    /// A zero bucket that counts less than nothing.
    #[error("zero bucket has observation count of {0}: histogram has a bucket whose observation count is negative")]
    NegativeZeroBucket(f64),
    /// Fewer observations than none.
    #[error("observation count is {0}: histogram's observation count is negative")]
    NegativeCount(f64),
    /// Fewer observations than buckets hold.
    #[error(
        "{in_buckets} observations found in buckets, but the Count field is {count}: histogram's observation count should \
         be at least the number of observations found in the buckets"
    )]
    CountTooSmall {
        /// Observations in buckets.
        in_buckets: f64,
        /// Observations as the histogram has it.
        count: f64,
    },
    /// More or fewer observations than buckets hold, where all must be in one.
    #[error(
        "{in_buckets} observations found in buckets, but the Count field is {count}: histogram's observation count should \
         equal the number of observations found in the buckets (in absence of NaN)"
    )]
    CountMismatch {
        /// Observations in buckets.
        in_buckets: f64,
        /// Observations as the histogram has it.
        count: f64,
    },
    /// A custom bound that is NaN.
    #[error("custom buckets: histogram custom bounds must not be NaN")]
    BoundIsNan,
    /// A custom bound that does not exceed the one before.
    #[error(
        "custom buckets: previous bound is {previous:.6} and current is {bound:.6}: histogram custom bounds must be in \
         strictly increasing order"
    )]
    BoundsDescend {
        /// The one before.
        previous: f64,
        /// The one at fault.
        bound: f64,
    },
    /// A custom bound of +Inf, which goes without saying.
    #[error("custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds must be finite")]
    BoundIsInfinite,
    /// Buckets beyond the last custom bound.
    #[error(
        "custom buckets: only {bounds} custom bounds defined which is insufficient to cover total span length of \
         {length}: histogram custom bounds are too few"
    )]
    TooFewBounds {
        /// How many there are.
        bounds: usize,
        /// Where spans end.
        length: u64,
    },
    /// Custom buckets and something that only exponential ones have, named here.
    #[error("custom buckets: must {0}")]
    NotCustom(&'static str),
    /// Exponential buckets with custom bounds.
    #[error("histogram with exponential schema must not have custom bounds")]
    NotExponential,
}

/// Checks that spans, buckets, bounds and schema belong together and nothing counts less than nothing. Counts need not
/// add up, as those of float histograms rarely do.
///
/// # Errors
/// If they do not; the first fault counts.
pub fn validate(h: &Histogram) -> Result<(), Error> {
    if h.uses_custom_buckets() {
        custom(h)?;
    } else {
        exponential(h)?;
    }
    if h.count < 0.0 {
        return Err(Error::NegativeCount(h.count));
    }
    counts(Part::Positive, &h.positive_buckets)
}

/// As [`validate`], and checks that the buckets hold all observations, or no more than all where some may be NaN, as
/// histograms of whole numbers must.
///
/// # Errors
/// If they do not; the first fault counts.
pub fn validate_whole(h: &Histogram) -> Result<(), Error> {
    validate(h)?;
    let in_buckets: f64 = h.negative_buckets.iter().chain(&h.positive_buckets).sum::<f64>() + h.zero_count;
    if h.sum.is_nan() {
        if in_buckets > h.count {
            return Err(Error::CountTooSmall { in_buckets, count: h.count });
        }
    } else if in_buckets != h.count {
        return Err(Error::CountMismatch { in_buckets, count: h.count });
    }
    Ok(())
}

fn custom(h: &Histogram) -> Result<(), Error> {
    bounds(&h.custom_bounds)?;
    let end = spans(Part::Custom, &h.positive_spans, h.positive_buckets.len())?;
    if h.custom_bounds.len() as u64 + 1 < end {
        return Err(Error::TooFewBounds { bounds: h.custom_bounds.len(), length: end });
    }
    let absent = [
        (h.zero_count == 0.0, "have zero count of 0"),
        (h.zero_threshold == 0.0, "have zero threshold of 0"),
        (h.negative_spans.is_empty(), "not have negative spans"),
        (h.negative_buckets.is_empty(), "not have negative buckets"),
    ];
    absent.into_iter().find(|(is_absent, _)| !is_absent).map_or(Ok(()), |(_, what)| Err(Error::NotCustom(what)))
}

fn exponential(h: &Histogram) -> Result<(), Error> {
    if !(MIN_SCHEMA..=MAX_SCHEMA).contains(&h.schema) {
        return Err(Error::Schema(h.schema));
    }
    spans(Part::Positive, &h.positive_spans, h.positive_buckets.len())?;
    spans(Part::Negative, &h.negative_spans, h.negative_buckets.len())?;
    counts(Part::Negative, &h.negative_buckets)?;
    if h.zero_count < 0.0 {
        return Err(Error::NegativeZeroBucket(h.zero_count));
    }
    if h.custom_bounds.is_empty() { Ok(()) } else { Err(Error::NotExponential) }
}

/// Checks spans; returns where the last one ends, counted from the first index there can be in custom buckets.
fn spans(part: Part, spans: &[BucketSpan], got: usize) -> Result<u64, Error> {
    let (mut expected, mut end) = (0_u64, 0_u64);
    for (i, span) in spans.iter().enumerate() {
        // Only the first one of an exponential layout may start below zero.
        if span.offset < 0 && (i > 0 || part == Part::Custom) {
            return Err(Error::NegativeOffset { part, number: i + 1, offset: span.offset });
        }
        expected += u64::from(span.length);
        end += u64::from(span.length) + u64::try_from(span.offset).unwrap_or(0);
    }
    if expected == got as u64 { Ok(end) } else { Err(Error::BucketsMismatch { part, expected, got }) }
}

fn counts(part: Part, counts: &[f64]) -> Result<(), Error> {
    match counts.iter().position(|count| *count < 0.0) {
        None => Ok(()),
        Some(i) => Err(Error::NegativeBucket { part, number: i + 1, count: counts[i] }),
    }
}

fn bounds(bounds: &[f64]) -> Result<(), Error> {
    let mut previous = None;
    for &bound in bounds {
        if bound.is_nan() {
            return Err(Error::BoundIsNan);
        }
        if let Some(previous) = previous.filter(|previous| bound <= *previous) {
            return Err(Error::BoundsDescend { previous, bound });
        }
        previous = Some(bound);
    }
    if previous == Some(f64::INFINITY) { Err(Error::BoundIsInfinite) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::notation;

    fn parsed(text: &str) -> Histogram {
        notation::parse(text).expect("valid notation").0.histogram
    }

    #[test]
    fn valid_histograms_are_accepted() {
        for text in [
            "{{}}",
            "{{schema:8 count:7 sum:1 offset:-3 buckets:[1 2 0] n_buckets:[3] z_bucket:1 z_bucket_w:1e-9}}",
            "{{schema:-53 count:3 custom_values:[1 2] buckets:[1 1 1]}}",
            "{{schema:-53 count:1 buckets:[1]}}",
        ] {
            assert_eq!((validate(&parsed(text)), validate_whole(&parsed(text))), (Ok(()), Ok(())), "{text}");
        }
        assert_eq!(validate_whole(&parsed("{{count:3 sum:NaN buckets:[2]}}")), Ok(()));
    }

    #[test]
    fn faults_are_named() {
        for (text, expected) in [
            ("{{schema:9}}", Error::Schema(9)),
            ("{{count:-1}}", Error::NegativeCount(-1.0)),
            ("{{z_bucket:-1}}", Error::NegativeZeroBucket(-1.0)),
            ("{{custom_values:[1]}}", Error::NotExponential),
            ("{{buckets:[1 -2]}}", Error::NegativeBucket { part: Part::Positive, number: 2, count: -2.0 }),
            ("{{n_buckets:[-2]}}", Error::NegativeBucket { part: Part::Negative, number: 1, count: -2.0 }),
            ("{{schema:-53 z_bucket:1}}", Error::NotCustom("have zero count of 0")),
            ("{{schema:-53 z_bucket_w:1}}", Error::NotCustom("have zero threshold of 0")),
            ("{{schema:-53 n_buckets:[1]}}", Error::NotCustom("not have negative spans")),
            ("{{schema:-53 custom_values:[NaN]}}", Error::BoundIsNan),
            ("{{schema:-53 custom_values:[1 1]}}", Error::BoundsDescend { previous: 1.0, bound: 1.0 }),
            ("{{schema:-53 custom_values:[1 Inf]}}", Error::BoundIsInfinite),
            ("{{schema:-53 custom_values:[1] buckets:[1 2 3]}}", Error::TooFewBounds { bounds: 1, length: 3 }),
            (
                "{{schema:-53 custom_values:[1] offset:-1 buckets:[1]}}",
                Error::NegativeOffset { part: Part::Custom, number: 1, offset: -1 },
            ),
        ] {
            assert_eq!(validate(&parsed(text)), Err(expected), "{text}");
        }
        let mut h = parsed("{{buckets:[1]}}");
        h.positive_buckets.push(2.0);
        assert_eq!(validate(&h), Err(Error::BucketsMismatch { part: Part::Positive, expected: 1, got: 2 }));
        h.positive_spans.push(BucketSpan { offset: -1, length: 1 });
        let fault = Error::NegativeOffset { part: Part::Positive, number: 2, offset: -1 };
        assert_eq!(validate(&h), Err(fault));
        let faulty = "{{count:3 buckets:[2]}}";
        assert_eq!(validate_whole(&parsed(faulty)), Err(Error::CountMismatch { in_buckets: 2.0, count: 3.0 }));
        let faulty = "{{count:1 sum:NaN buckets:[2]}}";
        assert_eq!(validate_whole(&parsed(faulty)), Err(Error::CountTooSmall { in_buckets: 2.0, count: 1.0 }));
    }
}
