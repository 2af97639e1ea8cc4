//! What a thread had in its hands last, by place: threads that read one series after the other decode the times that
//! those share once, and do not wait for each other.

use std::sync::Arc;

/// So many places; what wants the same one takes turns.
const PLACES: usize = 32;

/// Values by key.
#[derive(Debug)]
pub(crate) struct Recent<K, V>(Vec<Option<(K, Arc<V>)>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self((0..PLACES).map(|_| None).collect())
    }
}

impl<K: PartialEq, V> Recent<K, V> {
    /// The value of `key`, which `make` makes where it is not at hand. `number` tells places of keys apart.
    pub(crate) fn get<E>(
        &mut self,
        number: u64,
        key: K,
        make: impl FnOnce() -> Result<Arc<V>, E>,
    ) -> Result<Arc<V>, E> {
        let [.., high] = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
        let place = &mut self.0[usize::from(high) % PLACES];
        match place {
            Some((known, value)) if *known == key => Ok(Arc::clone(value)),
            _ => {
                let value = make()?;
                *place = Some((key, Arc::clone(&value)));
                Ok(value)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_last_is_made_once() {
        let (mut recent, mut made) = (Recent::default(), 0);
        for key in [1, 2, 1, 2, 1] {
            let value = recent.get(key, key, || {
                made += 1;
                Ok::<_, ()>(Arc::new(key * 10))
            });
            assert_eq!(value.as_deref(), Ok(&(key * 10)));
        }
        assert_eq!(made, 2);
        assert!(recent.get(3, 3, || Err(())).is_err());
        // Another key in the same place.
        assert_eq!(recent.get(1, 7, || Ok::<_, ()>(Arc::new(0))).as_deref(), Ok(&0));
    }
}
