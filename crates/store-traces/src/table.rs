//! Resources and scopes, each written once and referred to by number.

use std::sync::Arc;

use aio_kit::bytes::{Reader, Writer};
use aio_types::{Resource, Scope, Span};

use crate::codec;

/// What spans share.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) resources: Vec<Arc<Resource>>,
    pub(crate) scopes: Vec<Arc<Scope>>,
}

impl Table {
    /// The numbers of a span's resource and scope.
    pub(crate) fn numbers(&mut self, span: &Span) -> (u64, u64) {
        (number(&mut self.resources, &span.resource), number(&mut self.scopes, &span.scope))
    }

    pub(crate) fn encode(&self, out: &mut Writer) {
        out.uint(self.resources.len() as u64);
        self.resources.iter().for_each(|r| codec::resource(out, r));
        out.uint(self.scopes.len() as u64);
        self.scopes.iter().for_each(|s| codec::scope(out, s));
    }

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

/// Most spans share the value of the one before them: look from the end, by address first.
fn number<T: PartialEq>(known: &mut Vec<Arc<T>>, wanted: &Arc<T>) -> u64 {
    let found = known.iter().rposition(|k| Arc::ptr_eq(k, wanted)).or_else(|| known.iter().rposition(|k| k == wanted));
    let at = found.unwrap_or_else(|| {
        known.push(Arc::clone(wanted));
        known.len() - 1
    });
    at as u64
}
