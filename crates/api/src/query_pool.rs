//! Where queries run: off the async threads, a bounded number at once, a bounded number waiting, stopped when the
//! client goes away or time is up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::error::ApiError;

/// The pool.
pub(crate) struct QueryPool {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
    timeout: Duration,
}

/// Sets the flag when dropped, which happens when the request's future is: answered, timed out or abandoned.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Counts a waiting query for as long as it waits.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl QueryPool {
    pub(crate) fn new(concurrency: usize, waiting_max: usize, timeout_seconds: u64) -> Self {
        Self {
            running: Arc::new(Semaphore::new(concurrency)),
            waiting: AtomicUsize::new(0),
            waiting_max,
            timeout: Duration::from_secs(timeout_seconds),
        }
    }

    /// How long a query may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Runs `work`, which must look at the flag it is given and stop once it is set. `timeout` can only shorten the
    /// pool's own.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        timeout: Option<Duration>,
        work: impl FnOnce(&AtomicBool) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let timeout = timeout.map_or(self.timeout, |t| t.min(self.timeout));
        tokio::time::timeout(timeout, self.run_untimed(work)).await.map_err(|_| ApiError::Timeout)?
    }

    async fn run_untimed<T: Send + 'static>(
        &self,
        work: impl FnOnce(&AtomicBool) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let waiting = Waiting(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.waiting_max {
            return Err(ApiError::QueryQueueFull);
        }
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(|e| ApiError::Internal(e.to_string()))?;
        drop(waiting);
        let cancelled = Arc::new(AtomicBool::new(false));
        let _guard = CancelOnDrop(Arc::clone(&cancelled));
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&cancelled)
        });
        task.await.map_err(|e| ApiError::Internal(format!("query task failed: {e}")))?
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_query_that_nobody_waits_for_is_told_to_stop() {
        let pool = QueryPool::new(1, 8, 60);
        let (begun, has_begun) = oneshot::channel();
        let (ended, has_ended) = oneshot::channel();
        let query = pool.run(None, move |flag: &AtomicBool| {
            let _heard = begun.send(());
            while !flag.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            let _heard = ended.send(());
            Ok(())
        });
        tokio::select! {
            _ = query => panic!("it ends only when it is told to"),
            told = has_begun => assert_eq!(told, Ok(())),
        }
        // The future is gone, as when a connection is.
        assert_eq!(has_ended.await, Ok(()));
        assert!(matches!(pool.run(None, |_| Ok(7)).await, Ok(7)), "its place is free again");
    }
}
