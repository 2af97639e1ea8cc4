//! Reading while what was read is worked on: decoding lines takes about as long as looking at them.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;
use std::thread;

use aio_source::{Error, LogsBatch, LogsRead, LogsSelect, LogsSource};

/// How many batches may wait.
const BATCHES_AHEAD: usize = 2;

/// As [`LogsSource::select`], on a thread of its own; `visit` runs on the caller's.
pub(crate) fn select(
    source: &dyn LogsSource,
    select: &LogsSelect,
    visit: &mut dyn FnMut(LogsBatch) -> ControlFlow<()>,
) -> Result<LogsRead, Error> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BATCHES_AHEAD);
        // It ends at the next batch once nobody takes them any more.
        let hand_on =
            move |batch| if sender.send(batch).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
        let reader = thread::Builder::new().name("logs-ahead".to_owned()).spawn_scoped(scope, move || {
            let mut hand_on = hand_on;
            source.select(select, &mut hand_on)
        });
        let Ok(reader) = reader else { return source.select(select, visit) };
        for batch in &receiver {
            if visit(batch).is_break() {
                break;
            }
        }
        drop(receiver);
        reader.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
