//! The streamed answer.

use aio_source::MetricsSource;
use aio_wire::remote_read::{Frames, Query};

use super::each_series;
use super::parts::{Output, Stop};

pub(super) fn write(source: &dyn MetricsSource, queries: &[Query], output: &Output) -> Result<(), Stop> {
    let mut buffer = Vec::new();
    for (position, query) in queries.iter().enumerate() {
        let mut frames = Frames::of_query(position);
        each_series(source, query, output, |labels, samples| {
            frames.put_series(&mut buffer, labels, samples);
            output.send_if_full(&mut buffer)
        })?;
    }
    output.send(&mut buffer)
}
