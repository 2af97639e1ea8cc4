//! What a query would read, and what it need not.

use aio_source::{LogsExplained, LogsSource};
use aio_types::TimestampNs;

use crate::engine::RangeRequest;
use crate::error::Error;
use crate::metric::{Grid, reads};
use crate::parse::ast::Expr;
use crate::plan::{Plan, Window, select};

/// One selection of lines that a query makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The selector and its pipeline.
    pub log: String,
    /// First nanosecond read.
    pub start: TimestampNs,
    /// First nanosecond after it.
    pub end: TimestampNs,
    /// Whether lines are only counted, for which none is read.
    pub is_counted: bool,
    /// What the source would do.
    pub plan: LogsExplained,
}

/// What evaluating over this range would read; nothing for numbers.
///
/// # Errors
/// As evaluating it.
pub fn explain(expr: &Expr, source: &dyn LogsSource, request: &RangeRequest) -> Result<Vec<Explained>, Error> {
    if let Expr::Log(log) = expr {
        let select = select(log, request.start, request.end, true)?;
        let (start, end) = (select.start, select.end);
        let plan = source.explain(&select)?;
        return Ok(vec![Explained { log: log.to_string(), start, end, is_counted: false, plan }]);
    }
    let grid = Grid::range(request.start, request.end, request.step_ns);
    let plan = Plan::new(expr)?;
    let mut windows = Vec::new();
    each_window(&plan, &mut windows);
    windows.into_iter().map(|window| of_window(window, source, grid)).collect()
}

fn each_window<'a>(plan: &'a Plan, out: &mut Vec<&'a Window>) {
    match plan {
        Plan::Constant(_) | Plan::Vector(_) => {}
        Plan::Window(window) => out.push(window),
        Plan::Aggregate { of, .. } | Plan::LabelReplace { of, .. } => each_window(of, out),
        Plan::Join(join) => {
            each_window(&join.left, out);
            each_window(&join.right, out);
        }
    }
}

fn of_window(window: &Window, source: &dyn LogsSource, grid: Grid) -> Result<Explained, Error> {
    let (select, is_counted) = reads(source, window, grid)?;
    let plan = source.explain(&select)?;
    Ok(Explained { log: window.log.to_string(), start: select.start, end: select.end, is_counted, plan })
}
