//! `explain`, which Loki has not: what a query would read, and what the index spares it.

use aio_logql::{Direction, Explained, RangeRequest, explain as explain_query, parse};
use axum::Json;
use serde_json::{Value, json};

use super::params::Call;
use crate::error::BareError;

/// Takes what `query_range` takes.
pub(super) async fn explain(call: Call) -> Result<Json<Value>, BareError> {
    let (start, end) = call.last_hour()?;
    let step_ns = call.resolution(start, end)?;
    let expr = parse(call.query()?)?;
    call.check_length(start, end)?;
    let (direction, limit) = (Direction::Backward, 1);
    let request = RangeRequest { start, end, step_ns, limit, direction, interval_ns: 0, partial: false };
    let source = (call.core.sources.logs)(&call.tenant);
    let query = expr.to_string();
    let work = move |_stop: &_| Ok(explain_query(&expr, &*source, &request)?);
    let selections = call.core.queries.run(None, work).await?;
    let selections: Vec<_> = selections.iter().map(selection).collect();
    Ok(Json(json!({ "status": "success", "data": { "query": query, "selections": selections } })))
}

fn selection(explained: &Explained) -> Value {
    let (plan, read) = (&explained.plan, &explained.plan.read);
    json!({
        "log": explained.log,
        "start": explained.start.0.to_string(),
        "end": explained.end.0.to_string(),
        "reads": if explained.is_counted { "columns" } else { "lines" },
        "lookup": plan.lookup,
        "chunks": {
            "inRange": read.chunks,
            "skippedByTerms": read.skipped_by_terms,
            "skippedByIds": read.skipped_by_ids,
            "skippedByLevels": read.skipped_by_levels,
            "left": plan.chunks,
            "lineBytes": plan.line_bytes,
        },
        "linesInMemory": plan.lines_in_memory,
    })
}
