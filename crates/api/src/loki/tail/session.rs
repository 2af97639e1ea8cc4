//! One connection that follows lines, from its backlog to its end.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aio_ingest::Tail;
use aio_logql::{Follow, StreamLines};
use aio_types::{Labels, StreamWrite, TimestampNs};
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Frame;
use super::pending::Pending;
use crate::core::Core;

/// Lines of one frame.
const FRAME_LINES_MAX: usize = 100;
/// For how long lines are gathered, so that those of several senders are put in order.
const GATHER: Duration = Duration::from_millis(50);
/// How long one may follow.
const DURATION_MAX: Duration = Duration::from_secs(3600);
/// How often a client is asked whether it is still there.
const PING_PERIOD: Duration = Duration::from_secs(5);
/// A client that takes nothing for so long is gone. One that only pauses is told afterwards what it missed.
const SEND_MAX: Duration = Duration::from_secs(120);
/// Longest reason for an end.
const REASON_BYTES_MAX: usize = 123;

/// What tells lines apart.
type Identity = (Labels, Labels, TimestampNs, Box<str>);

fn identities(streams: &StreamLines) -> impl Iterator<Item = Identity> {
    let labels = (streams.merged(), streams.metadata.clone());
    streams.lines.iter().map(move |line| (labels.0.clone(), labels.1.clone(), line.ts, line.line.clone()))
}

pub(super) struct Session<F> {
    core: Arc<Core>,
    follow: Follow,
    tail: Tail,
    delay_ns: i64,
    /// Lines of the backlog, which may be in the queue as well; for as long as they may.
    sent: HashSet<Identity>,
    pending: Pending,
    frame: F,
}

impl<F: Frame> Session<F> {
    /// `backlog`: the newest lines first.
    pub(super) fn new(
        core: Arc<Core>,
        follow: Follow,
        tail: Tail,
        delay_ns: i64,
        backlog: Vec<StreamLines>,
        frame: F,
    ) -> Self {
        let sent = backlog.iter().flat_map(identities).collect();
        let mut pending = Pending::default();
        for mut streams in backlog {
            streams.lines.reverse();
            pending.push(streams);
        }
        Self { core, follow, tail, delay_ns, sent, pending, frame }
    }

    pub(super) async fn run(mut self, socket: &mut WebSocket) -> Result<(), axum::Error> {
        let (end, mut ping) = (Instant::now() + DURATION_MAX, Instant::now() + PING_PERIOD);
        let mut due = (!self.pending.is_empty()).then(Instant::now);
        loop {
            tokio::select! {
                batch = self.tail.next(), if self.pending.has_room() => {
                    let Some(batch) = batch else {
                        self.send_until(socket, TimestampNs::MAX).await?;
                        return close(socket, close_code::AWAY, "the server stops").await;
                    };
                    batch.iter().for_each(|stream| self.take_in(stream));
                    let soon = Instant::now() + GATHER;
                    due = (!self.pending.is_empty()).then(|| due.map_or(soon, |due| due.min(soon)));
                }
                () = sleep_until(due.unwrap_or(end)), if due.is_some() => {
                    self.send_until(socket, self.youngest_due()).await?;
                    due = self.next_due();
                }
                message = socket.recv() => match message {
                    None | Some(Ok(Message::Close(_)) | Err(_)) => return Ok(()),
                    Some(Ok(_)) => {}
                },
                () = sleep_until(ping) => {
                    self.keep_alive(socket).await?;
                    ping = Instant::now() + PING_PERIOD;
                }
                () = sleep_until(end) => {
                    return close(socket, close_code::ERROR, "reached tail max duration limit").await;
                }
            }
        }
    }

    fn take_in(&mut self, stream: &StreamWrite) {
        for entry in &stream.entries {
            if let Some(line) = self.follow.line(&stream.labels, entry)
                && (self.sent.is_empty() || !identities(&line).any(|identity| self.sent.contains(&identity)))
            {
                self.pending.push(line);
            }
        }
    }

    /// Lines wait until it is as late as they say, and for the delay that was asked for.
    fn youngest_due(&self) -> TimestampNs {
        TimestampNs::from_ms(self.core.ingest.now()).saturating_add(self.delay_ns.saturating_neg())
    }

    fn next_due(&self) -> Option<Instant> {
        let wait_ns = self.pending.oldest()?.0.saturating_sub(self.youngest_due().0);
        let wait = Duration::from_nanos(u64::try_from(wait_ns).unwrap_or(0)).clamp(GATHER, DURATION_MAX);
        Some(Instant::now() + wait)
    }

    async fn send_until(&mut self, socket: &mut WebSocket, youngest: TimestampNs) -> Result<(), axum::Error> {
        loop {
            let lines = self.pending.take(youngest, FRAME_LINES_MAX);
            if lines.is_empty() {
                return Ok(());
            }
            self.send(socket, &lines, &self.tail.take_dropped()).await?;
        }
    }

    /// Also tells what was passed over where no line came since.
    async fn keep_alive(&mut self, socket: &mut WebSocket) -> Result<(), axum::Error> {
        if self.pending.is_empty() {
            // What the backlog had too has come out of the queue by now.
            self.sent = HashSet::new();
        }
        let dropped = if self.pending.is_empty() { self.tail.take_dropped() } else { Vec::new() };
        if !dropped.is_empty() {
            self.send(socket, &[], &dropped).await?;
        }
        send(socket, Message::Ping(Bytes::new())).await
    }

    async fn send(
        &self,
        socket: &mut WebSocket,
        lines: &[StreamLines],
        dropped: &[(Labels, TimestampNs)],
    ) -> Result<(), axum::Error> {
        let frame = (self.frame)(lines, dropped).map_err(axum::Error::new)?;
        send(socket, Message::Text(frame.into())).await
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), axum::Error> {
    timeout_at(Instant::now() + SEND_MAX, socket.send(message)).await.map_err(axum::Error::new)?
}

pub(super) async fn close(socket: &mut WebSocket, code: u16, reason: &str) -> Result<(), axum::Error> {
    let reason = &reason[..reason.floor_char_boundary(REASON_BYTES_MAX)];
    send(socket, Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await
}
