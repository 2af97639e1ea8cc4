//! What is asked of an export.

use std::path::PathBuf;

use aio_promql::parse_selector;
use aio_types::{Matcher, TenantId, TimeRange, TimestampMs};
use aio_wire::openmetrics::Escaping;
use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// Write metrics as OpenMetrics text, as `promtool tsdb create-blocks-from openmetrics` takes it.
    Openmetrics(OpenMetricsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct OpenMetricsArgs {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// Whose metrics.
    #[arg(long, value_name = "ID", default_value = "default")]
    tenant: String,
    /// Only series that one of these selectors matches; may be given several times.
    #[arg(long = "match", value_name = "SELECTOR")]
    matches: Vec<String>,
    /// First moment, as RFC 3339 or in seconds since 1970.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    start: Option<String>,
    /// Last moment, likewise.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    end: Option<String>,
    /// Where to; standard output if not given. The file appears when it is whole.
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// How names are written that are not of letters, digits, `_` and `:`.
    #[arg(long, value_enum, default_value_t = EscapingArg::AllowUtf8)]
    escaping: EscapingArg,
    /// What becomes of native histograms, which OpenMetrics cannot express.
    #[arg(long, value_enum, default_value_t = HistogramsArg::LeaveOut)]
    histograms: HistogramsArg,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SourceArgs {
    /// Data directory of a server that does not run.
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Snapshot of a server, running or not: `<data>/metrics/snapshots/NAME`, from POST /api/v1/admin/tsdb/snapshot.
    #[arg(long, value_name = "DIR")]
    pub(super) snapshot: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum EscapingArg {
    /// As they are, in quotes: for Prometheus 3 and newer.
    AllowUtf8,
    /// `_` for every other character.
    Underscores,
    /// `_dot_` for a dot, `__` for `_` and for every other character.
    Dots,
    /// `U__a_2e_b` for `a.b`: can be undone.
    Values,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum HistogramsArg {
    /// They are counted and told.
    LeaveOut,
    /// They become series `_bucket`, `_count` and `_sum`.
    Classic,
}

/// What is to be written, and how.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) tenant: TenantId,
    /// All series where there is none.
    pub(super) selections: Vec<Vec<Matcher>>,
    pub(super) range: TimeRange,
    pub(super) style: Style,
}

/// How series are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) escaping: Escaping,
    /// Whether native histograms become classic ones.
    pub(super) classic: bool,
}

impl OpenMetricsArgs {
    pub(super) fn wanted(&self) -> anyhow::Result<Wanted> {
        let selector = |text: &String| parse_selector(text).map_err(|error| anyhow!("--match {text:?}: {error}"));
        let escaping = match self.escaping {
            EscapingArg::AllowUtf8 => Escaping::Quoted,
            EscapingArg::Underscores => Escaping::Underscores,
            EscapingArg::Dots => Escaping::Dots,
            EscapingArg::Values => Escaping::Values,
        };
        Ok(Wanted {
            tenant: TenantId::new(&self.tenant).context("--tenant")?,
            selections: self.matches.iter().map(selector).collect::<Result<_, _>>()?,
            range: range(self.start.as_deref(), self.end.as_deref())?,
            style: Style { escaping, classic: matches!(self.histograms, HistogramsArg::Classic) },
        })
    }
}

fn range(start: Option<&str>, end: Option<&str>) -> anyhow::Result<TimeRange> {
    let start = start.map_or(Ok(TimestampMs::MIN), |text| time(text).context("--start"))?;
    let end = end.map_or(Ok(TimestampMs::MAX), |text| time(text).context("--end"))?;
    if end < start {
        bail!("--end lies before --start");
    }
    Ok(TimeRange { start, end })
}

#[expect(clippy::cast_possible_truncation, reason = "a float beyond the range becomes its end")]
fn time(text: &str) -> anyhow::Result<TimestampMs> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => Ok(TimestampMs((seconds * 1000.0).round() as i64)),
        _ => TimestampMs::from_rfc3339(text)
            .with_context(|| format!("{text:?} is neither RFC 3339 nor a number of seconds")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc3339_or_seconds() {
        let told = |start, end| range(start, end).map_err(|error| format!("{error:#}"));
        assert_eq!(told(None, None), Ok(TimeRange::ALL));
        assert_eq!(told(Some("-1.5"), Some("1970-01-01T00:00:02.5Z")), Ok(TimeRange::new(-1_500, 2_500)));
        assert_eq!(told(Some("2"), Some("1")), Err("--end lies before --start".to_owned()));
        for bad in ["NaN", "inf", "yesterday", ""] {
            let error = told(Some(bad), None).expect_err("no time");
            assert_eq!(error, format!("--start: {bad:?} is neither RFC 3339 nor a number of seconds"));
        }
    }
}
