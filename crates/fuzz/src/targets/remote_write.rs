//! Prometheus remote write, decompressed.

pub(super) fn run(data: &[u8]) {
    let Ok(decoded) = aio_wire::remote_write::decode(data) else { return };
    assert!(decoded.write.series.iter().all(|s| !s.labels.metric_name().is_empty()), "a series without a name");
}
