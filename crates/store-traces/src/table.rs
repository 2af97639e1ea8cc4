//! Resources and scopes, each written once and referred to by number.

use std::collections::HashMap;
use std::sync::Arc;

use aio_kit::bytes::{Reader, Writer};
use aio_types::{Resource, Scope, Span};

use crate::codec;

/// What spans share, as it is read.
#[derive(Debug, Default)]
pub(crate) struct Table {
    resources: Vec<Arc<Resource>>,
    scopes: Vec<Arc<Scope>>,
}

impl Table {
    pub(crate) fn decode(from: &mut Reader<'_>) -> Option<Self> {
        let resources = (0..from.count()?).map(|_| codec::read_resource(from).map(Arc::new)).collect::<Option<_>>()?;
        let scopes = (0..from.count()?).map(|_| codec::read_scope(from).map(Arc::new)).collect::<Option<_>>()?;
        Some(Self { resources, scopes })
    }

    pub(crate) fn resource(&self, number: u64) -> Option<Arc<Resource>> {
        self.resources.get(usize::try_from(number).ok()?).cloned()
    }

    pub(crate) fn scope(&self, number: u64) -> Option<Arc<Scope>> {
        self.scopes.get(usize::try_from(number).ok()?).cloned()
    }
}

/// What spans share, as it is written.
#[derive(Debug, Default)]
pub(crate) struct TableWriter {
    resources: Interner<Resource>,
    scopes: Interner<Scope>,
}

impl TableWriter {
    /// The numbers of a span's resource and scope.
    pub(crate) fn numbers(&mut self, span: &Span) -> (u64, u64) {
        let resource = self.resources.number(&span.resource, codec::resource);
        let scope = self.scopes.number(&span.scope, codec::scope);
        (resource as u64, scope as u64)
    }

    /// Makes a span share its resource and scope with the spans before it; gives the bytes that are new.
    pub(crate) fn share(&mut self, span: &mut Span) -> usize {
        let before = self.resources.bytes + self.scopes.bytes;
        let resource = self.resources.number(&span.resource, codec::resource);
        let scope = self.scopes.number(&span.scope, codec::scope);
        span.resource = Arc::clone(&self.resources.all[resource]);
        span.scope = Arc::clone(&self.scopes.all[scope]);
        self.resources.bytes + self.scopes.bytes - before
    }

    /// Forgets the addresses of values that were shared: their owners are about to go.
    pub(crate) fn forget_addresses(&mut self) {
        self.resources.by_address.clear();
        self.scopes.by_address.clear();
    }

    pub(crate) fn encode(&self, out: &mut Writer) {
        out.uint(self.resources.all.len() as u64);
        self.resources.all.iter().for_each(|r| codec::resource(out, r));
        out.uint(self.scopes.all.len() as u64);
        self.scopes.all.iter().for_each(|s| codec::scope(out, s));
    }
}

/// Equal values by number. Equal means: encoded alike, so that a NaN is equal to itself.
#[derive(Debug)]
struct Interner<T> {
    all: Vec<Arc<T>>,
    by_bytes: HashMap<Box<[u8]>, usize>,
    /// Most spans come with the very value of others. Holding it keeps its address from being used anew.
    by_address: HashMap<usize, (Arc<T>, usize)>,
    /// Memory held, roughly.
    bytes: usize,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { all: Vec::new(), by_bytes: HashMap::new(), by_address: HashMap::new(), bytes: 0 }
    }
}

impl<T> Interner<T> {
    fn number(&mut self, wanted: &Arc<T>, encode: fn(&mut Writer, &T)) -> usize {
        let address = Arc::as_ptr(wanted).addr();
        if let Some((_, number)) = self.by_address.get(&address) {
            return *number;
        }
        let mut encoded = Writer::default();
        encode(&mut encoded, wanted);
        let number = match self.by_bytes.get(&*encoded.0) {
            Some(number) => *number,
            None => self.add(wanted, encoded.0),
        };
        self.by_address.insert(address, (Arc::clone(wanted), number));
        number
    }

    fn add(&mut self, value: &Arc<T>, encoded: Vec<u8>) -> usize {
        // The encoded form, the value itself about twice as large, and the maps' entries.
        self.bytes += encoded.len() * 3 + 200;
        self.by_bytes.insert(encoded.into(), self.all.len());
        self.all.push(Arc::clone(value));
        self.all.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use aio_types::{AttributeValue, TimestampNs};

    use super::*;
    use crate::record::blank;

    fn resource(value: f64) -> Arc<Resource> {
        Arc::new(Resource { attributes: vec![("x".into(), AttributeValue::Double(value))], ..Resource::default() })
    }

    #[test]
    fn equal_values_share_a_number_wherever_they_lie() {
        let mut table = TableWriter::default();
        let scope = Arc::new(Scope::default());
        let mut numbers = |r: Arc<Resource>| table.numbers(&blank(r, Arc::clone(&scope))).0;
        let first = resource(1.0);
        let got = [numbers(Arc::clone(&first)), numbers(resource(f64::NAN)), numbers(first), numbers(resource(1.0))];
        assert_eq!(got, [0, 1, 0, 0]);
        assert_eq!(numbers(resource(f64::NAN)), 1);
    }

    #[test]
    fn ten_thousand_values_take_no_quadratic_time() {
        let mut table = TableWriter::default();
        let scope = Arc::new(Scope::default());
        for i in 0..10_000_i32 {
            let mut span = blank(resource(f64::from(i)), Arc::clone(&scope));
            span.start = TimestampNs(0);
            assert!(table.share(&mut span) > 0);
            table.forget_addresses();
        }
        assert_eq!(table.share(&mut blank(resource(5.0), scope)), 0);
    }
}
