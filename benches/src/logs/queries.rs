//! The questions: a needle that is there or not, a page, and counts over everything.

use serde::Serialize;

use crate::ask::{Asked, ask, encoded};
use crate::http::Client;
use crate::process::Process;

/// What the lines that were written have.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Known {
    pub(crate) start_ns: i64,
    pub(crate) end_ns: i64,
    /// Of one line in the middle.
    pub(crate) trace_id: String,
}

const STEPS: i64 = 60;
const ALL: &str = "{app=~\".+\"}";

/// Asks everything, each so often.
pub(crate) fn ask_all(
    client: &mut Client,
    process: &Process,
    known: &Known,
    times: usize,
) -> anyhow::Result<Vec<Asked>> {
    let id = &known.trace_id;
    let piece = &id[..id.len().min(24)];
    let needles = [
        ("trace id", format!("{ALL} |= `{id}`"), true),
        ("trace id, absent", format!("{ALL} |= `deadbeefdeadbeefdeadbeefdeadbeef`"), false),
        ("rare regex", format!("{ALL} |~ `trace.?ID=+{piece}[0-9a-f]+`"), true),
        ("rare regex, absent", format!("{ALL} |~ `supercali[a-z]+listic`"), false),
        ("rare words, absent", format!("{ALL} |= `unexpected flux capacitor`"), false),
        ("first page", ALL.to_owned(), true),
    ];
    let per_app = |of: String| format!("sum by (app) (rate({of} [1m]))");
    let counts = [
        ("rate by label", per_app(ALL.to_owned())),
        ("filtered rate", per_app(format!("{ALL} |= `error`"))),
        (
            "json by level",
            "sum by (level) (count_over_time({app=~\"app-0|app-5\"} | json | __error__=\"\" [1m]))".into(),
        ),
    ];
    let range = format!("start={}&end={}", known.start_ns, known.end_ns + 1);
    let step = (known.end_ns - known.start_ns) / STEPS / 1_000_000;
    let mut all = Vec::new();
    for (name, query, is_there) in needles {
        let path = format!("/loki/api/v1/query_range?query={}&{range}&limit=1000&direction=backward", encoded(&query));
        let is_right = |answer: &[u8]| has(answer, b"\"values\":") == is_there;
        all.push(ask(client, process, name.into(), std::iter::repeat_n(path, times), &is_right)?);
    }
    for (name, query) in counts {
        let path = format!("/loki/api/v1/query_range?query={}&{range}&step={step}ms", encoded(&query));
        let is_right = |answer: &[u8]| has(answer, b"\"values\":");
        all.push(ask(client, process, name.into(), std::iter::repeat_n(path, times), &is_right)?);
    }
    Ok(all)
}

fn has(answer: &[u8], part: &[u8]) -> bool {
    answer.windows(part.len()).any(|window| window == part)
}
