//! Who follows logs: lines are handed on as soon as they are stored.
//!
//! ```text
//!   write_logs --> store --> Tails --+-- matches? --> queue of one follower --> its connection
//!                                    +-- ...          (past its bytes: only told that there were lines)
//! ```
//!
//! A follower that subscribes and then queries misses nothing: what is not in the answer yet is in its queue, and some
//! lines may be in both.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use aio_types::{Labels, LogsWrite, Matcher, StreamWrite, TenantId, TimestampNs};
use parking_lot::{Mutex, RwLock};
use tokio::sync::{mpsc, watch};

/// Writes whose lines may wait for a follower, and their bytes.
const QUEUE_WRITES_MAX: usize = 4096;
const QUEUE_BYTES_MAX: usize = 4 << 20;
/// Lines passed over that a follower is told of.
const DROPPED_MAX: usize = 10_000;

/// Everyone who follows logs.
#[derive(Debug, Default)]
pub(crate) struct Tails {
    followers: RwLock<Vec<Arc<Follower>>>,
    /// How many [`Tail`]s there are.
    open: watch::Sender<usize>,
}

#[derive(Debug)]
struct Follower {
    tenant: TenantId,
    matchers: Vec<Matcher>,
    queue: mpsc::Sender<Vec<Offer>>,
    shared: Arc<Shared>,
}

/// New lines of a stream.
#[derive(Debug, Clone)]
struct Offer {
    stream: Arc<StreamWrite>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Shared {
    /// Of what is in the queue.
    bytes: AtomicUsize,
    dropped: Mutex<Vec<(Labels, TimestampNs)>>,
}

/// Lines as they are stored, of the streams that were asked for. Ends when dropped.
#[derive(Debug)]
pub struct Tail {
    queue: mpsc::Receiver<Vec<Offer>>,
    shared: Arc<Shared>,
    tails: Weak<Tails>,
}

impl Tails {
    /// `None` where a tenant has `max` followers already.
    pub(crate) fn subscribe(self: &Arc<Self>, tenant: TenantId, matchers: Vec<Matcher>, max: usize) -> Option<Tail> {
        let mut followers = self.followers.write();
        if followers.iter().filter(|f| f.tenant == tenant).count() >= max {
            return None;
        }
        let (sender, queue) = mpsc::channel(QUEUE_WRITES_MAX);
        let shared = Arc::new(Shared::default());
        followers.push(Arc::new(Follower { tenant, matchers, queue: sender, shared: Arc::clone(&shared) }));
        self.open.send_modify(|open| *open += 1);
        Some(Tail { queue, shared, tails: Arc::downgrade(self) })
    }

    /// Stores lines and hands them on. Nobody becomes a follower in between, who would miss them.
    ///
    /// # Errors
    /// Those of `store`; then nobody is told.
    pub(crate) fn publish<E>(
        &self,
        tenant: &TenantId,
        write: LogsWrite,
        store: impl FnOnce(LogsWrite) -> Result<(), E>,
    ) -> Result<(), E> {
        let followers = self.followers.read();
        let mine: Vec<_> = followers.iter().filter(|f| f.tenant == *tenant).collect();
        let mut offers = vec![Vec::new(); mine.len()];
        for stream in write.streams.iter().filter(|_| !mine.is_empty()) {
            let mut offer = None;
            for (follower, offers) in mine.iter().zip(&mut offers) {
                if follower.matchers.iter().all(|m| m.matches_labels(&stream.labels)) {
                    let offer = offer.get_or_insert_with(|| Offer::new(stream.clone()));
                    offers.push(offer.clone());
                }
            }
        }
        store(write)?;
        mine.iter().zip(offers).for_each(|(follower, offers)| follower.offer(offers));
        Ok(())
    }

    /// Ends all of them; resolves when each has taken what was in its queue and is gone.
    pub(crate) async fn close(&self) {
        self.followers.write().clear();
        drop(self.open.subscribe().wait_for(|open| *open == 0).await);
    }
}

impl Offer {
    fn new(stream: StreamWrite) -> Self {
        Self { bytes: bytes_of(&stream), stream: Arc::new(stream) }
    }
}

impl Follower {
    /// The lines of one write go together, so that whoever follows can put them in order.
    fn offer(&self, offers: Vec<Offer>) {
        let (taken, missed): (Vec<_>, Vec<_>) = offers.into_iter().partition(|offer| self.shared.reserve(offer.bytes));
        self.shared.drop_lines(&missed);
        if taken.is_empty() {
            return;
        }
        if let Err(full) = self.queue.try_send(taken) {
            let missed = full.into_inner();
            self.shared.release(&missed);
            self.shared.drop_lines(&missed);
        }
    }
}

impl Shared {
    /// However large a stream is, there is room for it where nothing else waits.
    fn reserve(&self, bytes: usize) -> bool {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let has_room = before == 0 || before + bytes <= QUEUE_BYTES_MAX;
        if !has_room {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        has_room
    }

    fn release(&self, offers: &[Offer]) {
        self.bytes.fetch_sub(offers.iter().map(|offer| offer.bytes).sum(), Ordering::Relaxed);
    }

    fn drop_lines(&self, offers: &[Offer]) {
        if offers.is_empty() {
            return;
        }
        let mut dropped = self.dropped.lock();
        for Offer { stream, .. } in offers {
            let room = DROPPED_MAX.saturating_sub(dropped.len());
            dropped.extend(stream.entries.iter().take(room).map(|entry| (stream.labels.clone(), entry.ts)));
        }
    }
}

impl Tail {
    /// The next lines, those of one write together; `None` at the end. Nothing is lost where the wait is given up.
    pub async fn next(&mut self) -> Option<Vec<Arc<StreamWrite>>> {
        let offers = self.queue.recv().await?;
        self.shared.release(&offers);
        Some(offers.into_iter().map(|offer| offer.stream).collect())
    }

    /// Streams and times of lines that were passed over since the last call: they came faster than they were taken.
    #[must_use]
    pub fn take_dropped(&self) -> Vec<(Labels, TimestampNs)> {
        std::mem::take(&mut self.shared.dropped.lock())
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        if let Some(tails) = self.tails.upgrade() {
            tails.followers.write().retain(|follower| !Arc::ptr_eq(&follower.shared, &self.shared));
            tails.open.send_modify(|open| *open -= 1);
        }
    }
}

/// What lines take in memory, about.
fn bytes_of(stream: &StreamWrite) -> usize {
    let entry = |e: &aio_types::LogEntry| {
        size_of_val(e) + e.line.len() + e.metadata.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>()
    };
    stream.labels.memory() + stream.entries.iter().map(entry).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use aio_types::{LogEntry, MatchOp};

    use super::*;

    fn stream(app: &str, line: &str) -> StreamWrite {
        let entry = LogEntry { ts: TimestampNs(7), line: line.into(), metadata: Labels::default() };
        StreamWrite { labels: Labels::from_pairs([("app", app)]), entries: vec![entry] }
    }

    fn publish(tails: &Tails, tenant: &TenantId, streams: Vec<StreamWrite>) {
        tails.publish(tenant, LogsWrite { streams }, |_| Ok::<_, ()>(())).expect("stored");
    }

    fn follow(tails: &Arc<Tails>) -> Option<Tail> {
        let matcher = Matcher::new("app", MatchOp::Equal, "a").expect("valid");
        tails.subscribe(TenantId::default(), vec![matcher], 2)
    }

    async fn next(tail: &mut Tail) -> Vec<String> {
        let streams = tail.next().await.expect("lines");
        streams.iter().flat_map(|s| &s.entries).map(|entry| entry.line.to_string()).collect()
    }

    #[tokio::test]
    async fn followers_get_what_they_asked_for() {
        let tails = Arc::<Tails>::default();
        let (mut tail, other) = (follow(&tails).expect("room"), follow(&tails).expect("room"));
        assert!(follow(&tails).is_none(), "two at most");
        drop(other);
        assert!(follow(&tails).is_some());
        publish(&tails, &TenantId::default(), vec![stream("b", "no"), stream("a", "yes")]);
        publish(&tails, &TenantId::new("other").expect("a tenant"), vec![stream("a", "of others")]);
        assert_eq!(next(&mut tail).await, ["yes"]);
        let mut closing = Box::pin(tails.close());
        assert!(tokio::select! { biased; () = &mut closing => false, lines = tail.next() => lines.is_none() });
        drop(tail);
        closing.await;
    }

    #[tokio::test]
    async fn a_slow_follower_is_told_of_what_it_missed() {
        let tails = Arc::<Tails>::default();
        let mut tail = follow(&tails).expect("room");
        let large = "x".repeat(QUEUE_BYTES_MAX / 2);
        for _ in 0..3 {
            publish(&tails, &TenantId::default(), vec![stream("a", &large)]);
        }
        assert_eq!(tail.take_dropped().len(), 2);
        assert!(tail.next().await.is_some() && tail.take_dropped().is_empty());
        publish(&tails, &TenantId::default(), vec![stream("a", "again")]);
        assert_eq!(next(&mut tail).await, ["again"]);
        assert_eq!(tail.shared.bytes.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn lines_of_one_write_come_together() {
        let tails = Arc::<Tails>::default();
        let mut tail = follow(&tails).expect("room");
        publish(&tails, &TenantId::default(), vec![stream("a", "1"), stream("b", "no"), stream("a", "2")]);
        publish(&tails, &TenantId::default(), vec![stream("b", "no")]);
        publish(&tails, &TenantId::default(), vec![stream("a", "3")]);
        assert_eq!(next(&mut tail).await, ["1", "2"]);
        assert_eq!(next(&mut tail).await, ["3"]);
    }

    #[tokio::test]
    async fn what_is_larger_than_the_queue_waits_alone() {
        let tails = Arc::<Tails>::default();
        let mut tail = follow(&tails).expect("room");
        let large = "x".repeat(QUEUE_BYTES_MAX + 1);
        publish(&tails, &TenantId::default(), vec![stream("a", &large), stream("a", "after")]);
        assert_eq!(tail.take_dropped().len(), 1);
        assert_eq!(next(&mut tail).await, [large]);
    }
}
