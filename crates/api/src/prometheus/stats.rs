//! What a query took, as an answer tells.

use aio_promql::{Stats, format_float, write_whole};
use aio_types::TimestampMs;

use super::values::write_time;

/// Writes the member `stats` behind others. Evaluation is one piece here: what the original tells apart is told as a
/// whole. `steps` says when the first step is and how far they are apart, where samples are told by step.
pub(super) fn write(out: &mut String, stats: &Stats, took_ms: i64, steps: Option<(TimestampMs, i64)>) {
    let took = format_float(TimestampMs(took_ms).as_secs_f64(), false);
    out.push_str(&format!(
        ",\"stats\":{{\"timings\":{{\"evalTotalTime\":{took},\"resultSortTime\":0,\"queryPreparationTime\":0,\
         \"innerEvalTime\":{took},\"execQueueTime\":0,\"execTotalTime\":{took}}},\"samples\":{{"
    ));
    if let (Some((start, step_ms)), Some(counts)) = (steps, &stats.samples_per_step) {
        write_steps(out, start, step_ms, counts);
    }
    let Stats { samples, samples_read, samples_peak, .. } = stats;
    out.push_str(&format!(
        "\"totalQueryableSamples\":{samples},\"samplesRead\":{samples_read},\"peakSamples\":{samples_peak}}}}}"
    ));
}

fn write_steps(out: &mut String, start: TimestampMs, step_ms: i64, counts: &[u64]) {
    out.push_str("\"totalQueryableSamplesPerStep\":[");
    let mut t = start;
    for (i, count) in counts.iter().enumerate() {
        out.push_str(if i > 0 { ",[" } else { "[" });
        write_time(out, t);
        out.push(',');
        write_whole(out, i64::try_from(*count).unwrap_or(i64::MAX));
        out.push(']');
        t = t.saturating_add(step_ms);
    }
    out.push_str("],");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_told_by_step_where_that_is_asked_for() {
        let stats = Stats { samples: 5, samples_read: 4, samples_peak: 3, samples_per_step: Some(vec![2, 3]) };
        let mut out = String::new();
        write(&mut out, &stats, 1500, Some((TimestampMs(1500), 500)));
        let expected = "\"samples\":{\"totalQueryableSamplesPerStep\":[[1.5,2],[2,3]],\"totalQueryableSamples\":5,\
             \"samplesRead\":4,\"peakSamples\":3}}";
        assert!(out.ends_with(expected) && out.contains("\"execTotalTime\":1.5"), "{out}");
        let mut out = String::new();
        write(&mut out, &stats, 0, None);
        assert!(out.ends_with("\"samples\":{\"totalQueryableSamples\":5,\"samplesRead\":4,\"peakSamples\":3}}"));
    }
}
