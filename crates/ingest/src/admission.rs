//! How many bytes of writes may be under way: counted from the moment a body arrives until its data is stored.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Config, Counters, Error};

/// Admission is counted in units of this many bytes, so that a semaphore's `u32` permits suffice.
const UNIT_BYTES: usize = 1024;

/// The budget, shared by all writes.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    free: Arc<Semaphore>,
    /// One request may take this much of it, so that any request can get through once the others are done.
    units_max: usize,
    retry_after_seconds: u64,
    counters: Arc<Counters>,
}

impl Admission {
    pub(crate) fn new(config: &Config, counters: Arc<Counters>) -> Self {
        let units = (config.in_flight_bytes_max / UNIT_BYTES).clamp(2, Semaphore::MAX_PERMITS);
        let retry_after_seconds = config.retry_after_seconds;
        Self { free: Arc::new(Semaphore::new(units)), units_max: units / 2, retry_after_seconds, counters }
    }

    /// Nothing yet.
    pub(crate) fn hold(&self) -> Held {
        Held { admission: self.clone(), permit: None, bytes: 0 }
    }

    pub(crate) fn overloaded(&self) -> Error {
        self.counters.overloaded.fetch_add(1, Ordering::Relaxed);
        Error::Overloaded { retry_after_seconds: self.retry_after_seconds }
    }
}

/// What one request holds of the budget, until it is dropped.
#[derive(Debug)]
pub struct Held {
    admission: Admission,
    permit: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

impl Held {
    /// Takes `bytes` more.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when so much is not free; what is held stays held.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Error> {
        self.bytes = self.bytes.saturating_add(bytes);
        let wanted = self.bytes.div_ceil(UNIT_BYTES).clamp(1, self.admission.units_max);
        let missing = wanted.saturating_sub(self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let more = Arc::clone(&self.admission.free).try_acquire_many_owned(missing);
        let more = more.map_err(|_| self.admission.overloaded())?;
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(bytes: usize) -> Admission {
        Admission::new(&Config { in_flight_bytes_max: bytes, retry_after_seconds: 7 }, Arc::default())
    }

    #[test]
    fn past_the_budget_writes_are_refused_with_a_hint_and_taken_again_later() {
        let admission = admission(8 << 10);
        let (mut first, mut second) = (admission.hold(), admission.hold());
        first.grow(4 << 10).expect("half");
        second.grow(3 << 10).expect("most of the rest");
        let mut third = admission.hold();
        third.grow(1).expect("the last unit");
        assert!(matches!(third.grow(1 << 10), Err(Error::Overloaded { retry_after_seconds: 7 })));
        assert_eq!(admission.counters.overloaded.load(Ordering::Relaxed), 1);
        drop(first);
        third.grow(0).expect("room again");
    }

    #[test]
    fn growth_is_counted_by_the_byte() {
        let admission = admission(8 << 10);
        let mut held = admission.hold();
        for _ in 0..1024 {
            held.grow(1).expect("one unit in all");
        }
        assert_eq!(admission.free.available_permits(), 7);
        held.grow(1).expect("a second unit");
        assert_eq!(admission.free.available_permits(), 6);
    }

    #[test]
    fn a_request_larger_than_the_budget_gets_through_alone() {
        let admission = admission(8 << 10);
        let mut huge = admission.hold();
        huge.grow(1 << 30).expect("alone");
        drop(huge);
        assert_eq!(admission.free.available_permits(), 8);
    }
}
