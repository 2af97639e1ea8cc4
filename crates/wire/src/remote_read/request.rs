//! `prometheus.ReadRequest`.

use aio_types::{MatchOp, Matcher, TimeRange, TimestampMs};

use crate::Error;
use crate::proto::Fields;
use crate::weight::Budget;

/// Memory for a matcher beside its text: a compiled expression.
const MATCHER_BYTES: usize = 4096;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct ReadRequest {
    /// Each is answered on its own.
    pub queries: Vec<Query>,
    /// The numbers of response types the client takes, the preferred one first.
    accepted: Vec<i32>,
}

/// One selection of series.
#[derive(Debug, Clone)]
pub struct Query {
    /// Which samples; both ends included.
    pub range: TimeRange,
    /// What all series pass.
    pub matchers: Vec<Matcher>,
}

/// The forms an answer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseType {
    /// `SAMPLES`: one message, compressed.
    Samples,
    /// `STREAMED_XOR_CHUNKS`: a message per part of a series, framed.
    StreamedXorChunks,
}

impl ReadRequest {
    /// The first form the client takes that there is. Clients that name none know only samples.
    #[must_use]
    pub fn response_type(&self) -> Option<ResponseType> {
        if self.accepted.is_empty() {
            return Some(ResponseType::Samples);
        }
        self.accepted.iter().find_map(|number| match number {
            0 => Some(ResponseType::Samples),
            1 => Some(ResponseType::StreamedXorChunks),
            _ => None,
        })
    }
}

/// Decodes a request that is already decompressed.
///
/// # Errors
/// [`Error::Malformed`] when the bytes are no `ReadRequest` or a regular expression does not compile,
/// [`Error::TooHeavy`] when it would take too much memory.
pub fn decode(decompressed: &[u8]) -> Result<ReadRequest, Error> {
    let (mut request, mut budget) = (ReadRequest::default(), Budget::full());
    for field in Fields::of(decompressed) {
        match field? {
            (1, value) => {
                let query = query(value.bytes()?, &mut budget)?;
                budget.push(&mut request.queries, query)?;
            }
            (2, value) => {
                value.uints(|number| budget.push(&mut request.accepted, i32::try_from(number).unwrap_or(-1)))?;
            }
            _ => {}
        }
    }
    Ok(request)
}

fn query(bytes: &[u8], budget: &mut Budget) -> Result<Query, Error> {
    let (mut start, mut end, mut hints) = (0, 0, None);
    let mut matchers = Vec::new();
    for field in Fields::of(bytes) {
        match field? {
            (1, value) => start = value.int()?,
            (2, value) => end = value.int()?,
            (3, value) => {
                budget.take(MATCHER_BYTES)?;
                matchers.push(matcher(value.bytes()?)?);
            }
            (4, value) => hints = hinted_range(value.bytes()?)?,
            _ => {}
        }
    }
    let (from, to) = hints.unwrap_or((start, end));
    let range = TimeRange { start: TimestampMs(start.max(from)), end: TimestampMs(end.min(to)) };
    Ok(Query { range, matchers })
}

fn matcher(bytes: &[u8]) -> Result<Matcher, Error> {
    let (mut op, mut name, mut value) = (MatchOp::Equal, "", "");
    for field in Fields::of(bytes) {
        match field? {
            (1, kind) => op = match_op(kind.int32()?)?,
            (2, text) => name = utf8(text.bytes()?)?,
            (3, text) => value = utf8(text.bytes()?)?,
            _ => {}
        }
    }
    Matcher::new(name, op, value).map_err(|e| Error::malformed("matcher", e))
}

fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|e| Error::malformed("matcher", e))
}

fn match_op(number: i32) -> Result<MatchOp, Error> {
    match number {
        0 => Ok(MatchOp::Equal),
        1 => Ok(MatchOp::NotEqual),
        2 => Ok(MatchOp::Regex),
        3 => Ok(MatchOp::NotRegex),
        _ => Err(Error::malformed("matcher", format!("type {number} is unknown"))),
    }
}

/// The part of a query's range that a selector of it needs; functions and groupings may be passed over.
fn hinted_range(bytes: &[u8]) -> Result<Option<(i64, i64)>, Error> {
    let (mut start, mut end) = (0, 0);
    for field in Fields::of(bytes) {
        match field? {
            (3, value) => start = value.int()?,
            (4, value) => end = value.int()?,
            _ => {}
        }
    }
    Ok((start <= end && (start, end) != (0, 0)).then_some((start, end)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::remote_read::samples::messages::{LabelMatcher, ReadHints, SentQuery, SentRequest};
    use prost::Message;

    fn matcher_of(kind: i32, name: &str, value: &str) -> LabelMatcher {
        LabelMatcher { kind, name: name.into(), value: value.into() }
    }

    fn request(matchers: Vec<LabelMatcher>, hints: Option<ReadHints>, accepted: &[i32]) -> Result<ReadRequest, Error> {
        let query = SentQuery { start: 1000, end: 5000, matchers, hints };
        decode(&SentRequest { queries: vec![query], accepted: accepted.to_vec() }.encode_to_vec())
    }

    #[test]
    fn queries_arrive_with_matchers_of_every_kind() {
        let matchers = (0..4).map(|kind| matcher_of(kind, "job", "a")).collect();
        let got = request(matchers, None, &[1, 0]).expect("decodes");
        let ops: Vec<_> = got.queries[0].matchers.iter().map(|m| m.op.as_str()).collect();
        assert_eq!(ops, ["=", "!=", "=~", "!~"]);
        assert_eq!(got.queries[0].range, TimeRange::new(1000, 5000));
        for bad in [matcher_of(4, "job", "a"), matcher_of(2, "job", "(")] {
            assert!(matches!(request(vec![bad], None, &[]), Err(Error::Malformed { what: "matcher", .. })));
        }
    }

    #[test]
    fn hints_narrow_a_range_and_never_widen_it() {
        for ((start, end), want) in
            [((2000, 3000), (2000, 3000)), ((0, 9000), (1000, 5000)), ((0, 0), (1000, 5000)), ((3, 2), (1000, 5000))]
        {
            let got = request(vec![], Some(ReadHints { start, end }), &[]).expect("decodes");
            assert_eq!(got.queries[0].range, TimeRange::new(want.0, want.1), "{start} {end}");
        }
    }

    #[test]
    fn the_first_form_that_there_is_is_taken() {
        for (accepted, want) in [
            (&[][..], Some(ResponseType::Samples)),
            (&[1, 0], Some(ResponseType::StreamedXorChunks)),
            (&[7, 0, 1], Some(ResponseType::Samples)),
            (&[7], None),
        ] {
            assert_eq!(request(vec![], None, accepted).expect("decodes").response_type(), want, "{accepted:?}");
        }
    }

    #[test]
    fn many_small_queries_are_weighed() {
        assert!(matches!(decode(&[0x0a, 0].repeat(16 << 20)), Err(Error::TooHeavy { .. })));
        let matchers = [0x1a, 0].repeat(1 << 20);
        let mut body = Vec::new();
        crate::proto::put_bytes(&mut body, 1, &matchers);
        assert!(matches!(decode(&body), Err(Error::TooHeavy { .. })));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&body);
        }
    }
}
