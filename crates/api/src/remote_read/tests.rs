use aio_source::FixedMetrics;
use aio_types::{MatchOp, Matcher, Sample, TimeRange, TimestampMs};
use axum::body::to_bytes;

use super::*;

/// So many series of so many samples a second apart.
fn source(series: i64, samples: i64) -> FixedMetrics {
    let labels = |n: i64| Labels::from_pairs([("__name__", "m".to_owned()), ("n", format!("{n:06}"))]);
    let samples: Vec<_> = (0..samples).map(|t| Sample { t: TimestampMs(t * 1000), v: t as f64 }).collect();
    FixedMetrics { series: (0..series).map(|n| (labels(n), samples.clone().into())).collect() }
}

fn query(start: i64, end: i64) -> Query {
    let matchers = vec![Matcher::new("__name__", MatchOp::Equal, "m").expect("is valid")];
    Query { range: TimeRange::new(start, end), matchers }
}

fn stored(source: FixedMetrics) -> Source {
    Source { stored: Arc::new(source), external: Labels::default() }
}

#[test]
fn series_get_external_labels_and_are_asked_for_by_them() {
    let external = Labels::from_pairs([("region", "eu"), ("n", "x")]);
    let source = Source { stored: Arc::new(source(1, 1)), external };
    let matchers = [("region", "eu"), ("region", "us"), ("n", "000000")];
    let matchers = matchers.map(|(name, value)| Matcher::new(name, MatchOp::Equal, value).expect("is valid"));
    let asked: Vec<_> = source.asked(&matchers).iter().map(ToString::to_string).collect();
    assert_eq!(asked, [r#"region="us""#, r#"n="000000""#]);
    let own = Labels::from_pairs([("__name__", "m"), ("n", "000000")]);
    assert_eq!(source.labels(&own).to_string(), r#"{__name__="m", n="000000", region="eu"}"#);
}

async fn samples_of(source: FixedMetrics, queries: Vec<Query>, samples_max: usize) -> Result<Vec<u8>, ApiError> {
    let stored = stored(source);
    let body = parts::body_made_by(move |output| samples::write(&stored, &queries, samples_max, output)).await?;
    let body = to_bytes(body, usize::MAX).await.expect("is whole");
    Ok(decompress(body, Encoding::Snappy, usize::MAX).expect("is a block").to_vec())
}

async fn chunks_of(source: FixedMetrics, queries: Vec<Query>) -> Vec<u8> {
    let stored = stored(source);
    let body = parts::body_made_by(move |output| chunks::write(&stored, &queries, output)).await.expect("begins");
    to_bytes(body, usize::MAX).await.expect("is whole").to_vec()
}

/// How many messages stand in a field of a message.
fn count(message: &[u8], field: u8) -> usize {
    messages(message).filter(|(number, _)| *number == field).count()
}

/// Fields that hold messages, with their numbers.
fn messages(mut rest: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (key, mut body) = rest.split_first()?;
        let length = prost::decode_length_delimiter(&mut body).expect("a length");
        let (message, after) = body.split_at(length);
        rest = after;
        Some((key >> 3, message))
    })
}

#[tokio::test]
async fn each_query_has_its_result() {
    let answer = samples_of(source(3, 10), vec![query(0, 20_000), query(5, 4), query(1000, 2000)], 30).await;
    let answer = answer.expect("answers");
    let results: Vec<_> = messages(&answer).map(|(_, result)| result).collect();
    assert_eq!(results.iter().map(|result| count(result, 1)).collect::<Vec<_>>(), [3, 0, 3]);
    let samples = |result: &[u8]| messages(result).map(|(_, series)| count(series, 2)).collect::<Vec<_>>();
    assert_eq!((samples(results[0]), samples(results[2])), (vec![10; 3], vec![2; 3]));
}

#[tokio::test]
async fn what_is_too_large_to_keep_is_made_twice_and_the_same() {
    let answer = samples_of(source(1000, 1000), vec![query(0, 1 << 40), query(0, 1000)], 1_000_000).await;
    let answer = answer.expect("answers");
    assert!(answer.len() > 10 << 20, "{}", answer.len());
    let series: Vec<_> = messages(&answer).map(|(_, result)| count(result, 1)).collect();
    assert_eq!(series, [1000, 1000]);
}

#[tokio::test]
async fn too_many_samples_are_refused_before_anything_is_sent() {
    let refused = samples_of(source(3, 10), vec![query(0, 20_000)], 29).await;
    assert!(matches!(refused, Err(ApiError::BadRequest(why)) if why == "exceeded sample limit (29)"));
}

#[tokio::test]
async fn nothing_found_is_an_empty_answer() {
    assert_eq!(samples_of(source(0, 0), vec![query(0, 1)], 1).await.expect("answers"), [0x0a, 0]);
    assert!(samples_of(source(0, 0), vec![], 1).await.expect("answers").is_empty());
    assert!(chunks_of(source(0, 0), vec![query(0, 1)]).await.is_empty());
}

#[tokio::test]
async fn chunks_come_as_frames() {
    let mut stream = &chunks_of(source(200, 1000), vec![query(0, 1 << 40), query(0, 0)]).await[..];
    let mut frames = 0;
    while !stream.is_empty() {
        let length = prost::decode_length_delimiter(&mut stream).expect("a length");
        stream = &stream[4 + length..];
        frames += 1;
    }
    assert_eq!(frames, 400);
}

#[tokio::test]
async fn a_maker_that_dies_breaks_the_answer_off() {
    let begins = parts::body_made_by(|_| panic!("on purpose")).await;
    assert!(matches!(begins, Err(ApiError::Internal(_))));
    let body = parts::body_made_by(|output| {
        output.send(&mut vec![1])?;
        panic!("on purpose")
    });
    assert!(to_bytes(body.await.expect("begins"), 10).await.is_err());
    let body = parts::body_made_by(|output| {
        output.send(&mut vec![1])?;
        Err(ApiError::Internal("storage".to_owned()).into())
    });
    assert!(to_bytes(body.await.expect("begins"), 10).await.is_err());
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_making() {
    let (ended, wait) = tokio::sync::oneshot::channel();
    let body = parts::body_made_by(move |output| {
        let stopped = (0..1000).try_for_each(|_| output.send(&mut vec![1]));
        let _ = ended.send(matches!(stopped, Err(Stop::Gone)));
        stopped
    });
    drop(body.await.expect("begins"));
    assert!(wait.await.expect("ends"));
}
