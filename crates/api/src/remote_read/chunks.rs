//! The streamed answer.

use aio_wire::remote_read::{Frames, Query};

use super::parts::{Output, Stop};
use super::{Source, each_series};

pub(super) fn write(source: &Source, queries: &[Query], output: &Output) -> Result<(), Stop> {
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
