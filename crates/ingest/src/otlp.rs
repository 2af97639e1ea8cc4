//! Metrics that came by OTLP: deltas are added up on their way to the store.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aio_store_metrics::MetricsStore;
use aio_types::{TenantId, TimestampMs};
use aio_wire::otlp::metrics::Translated;

use crate::delta::{Batch, Deltas, Refusal, Total};
use crate::{AppendReport, Error, Ingest, OnFault, blocking};

/// What of an export was not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtlpReport {
    /// Data points, those refused before included.
    pub rejected_points: i64,
    /// Why, and remarks on what was kept in part.
    pub message: String,
}

impl Ingest {
    /// Stores what can be stored of one export; `request_bytes` is what it took when decoded.
    ///
    /// # Errors
    /// [`Error::Overloaded`] before anything was stored; [`Error::Metrics`] when nothing was acknowledged. Nothing was
    /// added up then either: the export may be sent again.
    pub async fn write_otlp_metrics(
        &self,
        tenant: TenantId,
        mut translated: Translated,
        request_bytes: usize,
    ) -> Result<OtlpReport, Error> {
        // What is more than there is room for at all waits for all of it.
        let bytes = request_bytes.max(translated.bytes).min(self.config.in_flight_bytes_max);
        let permit = self.admit(bytes)?;
        let (store, deltas, now) = (Arc::clone(&self.stores.metrics), Arc::clone(&self.deltas), self.now());
        let work = move || {
            let _permit = permit;
            deltas.sweep_if_due(now);
            let stored = append(&store, &deltas, &tenant, &mut translated, now);
            stored.map(|(report, late)| (report, late, translated))
        };
        let (report, late, translated) = blocking(work).await??;
        self.counters.rejected_deltas.fetch_add(late, Ordering::Relaxed);
        self.count(&report);
        Ok(summed_up(translated, report))
    }

    /// Streams with delta temporality that are being added up.
    #[must_use]
    pub fn delta_streams(&self) -> usize {
        self.deltas.streams()
    }
}

/// Also how many deltas were refused.
fn append(
    store: &MetricsStore,
    deltas: &Deltas,
    tenant: &TenantId,
    translated: &mut Translated,
    now: TimestampMs,
) -> Result<(AppendReport, u64), aio_store_metrics::Error> {
    if translated.deltas.is_empty() {
        return Ok((store.append(tenant, &translated.write, now, OnFault::KeepTheRest)?, 0));
    }
    let streams = deltas.of(tenant);
    let mut batch = deltas.begin(&streams, now);
    let refused = add_up(&mut batch, translated);
    let report = store.append(tenant, &translated.write, now, OnFault::KeepTheRest)?;
    batch.commit();
    Ok((report, refused))
}

fn add_up(batch: &mut Batch<'_>, translated: &mut Translated) -> u64 {
    let mut refused = 0;
    for point in std::mem::take(&mut translated.deltas) {
        let name = point.labels.clone();
        match batch.add(point) {
            Ok(Total::Is(point)) => translated.spread(point),
            Ok(Total::IsKnown) => {}
            Err(refusal) => {
                refused += 1;
                translated.reject(1, &why(name.metric_name(), &refusal));
            }
        }
    }
    refused
}

/// Limits are told as they are; of late deltas one example for each metric is enough.
fn why(metric: &str, refusal: &Refusal) -> String {
    match refusal {
        Refusal::OutOfOrder { .. } | Refusal::TooNew { .. } => format!("metric {metric:?}: {refusal}"),
        Refusal::TooManyStreams { .. } | Refusal::TooLarge { .. } => refusal.to_string(),
    }
}

fn summed_up(mut translated: Translated, report: AppendReport) -> OtlpReport {
    let refused = Translated::points_of(&translated.points, &report.rejected_series);
    // Late samples of `target_info` alone are nobody's fault: batches of one resource may overtake each other.
    if let (1.., Some(why)) = (refused, &report.first_rejection) {
        translated.reject(usize::try_from(refused).unwrap_or(usize::MAX), why);
    }
    OtlpReport { rejected_points: translated.rejected_points, message: translated.message }
}

#[cfg(test)]
mod tests;
