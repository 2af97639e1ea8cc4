//! `scrape_configs`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::discovery::DISCOVERY;
use super::global::{SCRAPE_LIMITS, protocol};
use super::http_client::HTTP_CLIENT;
use super::relabel::RELABEL;
use crate::config::units;
use crate::schema::{Faults, Kind, Section, TEXTS, any_key, no_check, scalars};
use crate::yaml::Node;

pub(super) const INTERVAL_DEFAULT: Duration = Duration::from_secs(60);

pub(in crate::config) static SCRAPE_CONFIG: Section = Section {
    keys: &[
        ("job_name", Kind::Scalar(scalars::text)),
        ("honor_labels", Kind::Scalar(scalars::boolean)),
        ("honor_timestamps", Kind::Scalar(scalars::boolean)),
        ("track_timestamps_staleness", Kind::Scalar(scalars::boolean)),
        ("params", Kind::Map(any_key, &TEXTS)),
        ("scrape_interval", Kind::Scalar(scalars::duration)),
        ("scrape_timeout", Kind::Scalar(scalars::duration)),
        ("fallback_scrape_protocol", Kind::Scalar(protocol)),
        ("scrape_classic_histograms", Kind::Scalar(scalars::boolean)),
        ("native_histogram_bucket_limit", Kind::Scalar(scalars::count)),
        ("native_histogram_min_bucket_factor", Kind::Scalar(scalars::float)),
        ("metrics_path", Kind::Scalar(scalars::text)),
        ("scheme", Kind::Scalar(scalars::text)),
        ("enable_compression", Kind::Scalar(scalars::boolean)),
        ("relabel_configs", RELABEL),
        ("metric_relabel_configs", RELABEL),
    ],
    with: &[&SCRAPE_LIMITS, &HTTP_CLIENT, &DISCOVERY],
    check: no_check,
};

/// What holds between jobs, and between a job and `global`.
pub(in crate::config) fn check_jobs(root: &Node, faults: &mut Faults) {
    let jobs = root.get("scrape_configs").map(Node::items).unwrap_or_default();
    let mut seen = BTreeMap::new();
    for job in jobs {
        check_times(root, job, faults);
        match job.text_of("job_name") {
            None => faults.add(job.line, "`scrape_configs`: `job_name` is missing or empty"),
            Some(name) => {
                if let Some(first) = seen.insert(name, job.line) {
                    let what = format!(
                        "`scrape_configs`: found multiple scrape configs with job name {name:?}, the first on line {first}"
                    );
                    faults.add(job.line_of("job_name"), what);
                }
            }
        }
    }
}

fn check_times(root: &Node, job: &Node, faults: &mut Faults) {
    if job.is_null() {
        return faults.add(job.line, "`scrape_configs`: empty or null scrape config");
    }
    let time = |node: Option<&Node>, key| {
        let text = node?.text_of(key)?;
        units::duration(text).ok().filter(|d| !d.is_zero())
    };
    let global = time(root.get("global"), "scrape_interval").unwrap_or(INTERVAL_DEFAULT);
    let interval = time(Some(job), "scrape_interval").unwrap_or(global);
    if time(Some(job), "scrape_timeout").is_some_and(|timeout| timeout > interval) {
        let name = job.text_of("job_name").unwrap_or_default();
        let what = format!("`scrape_timeout`: greater than the scrape interval of job {name:?}");
        faults.add(job.line_of("scrape_timeout"), what);
    }
}
