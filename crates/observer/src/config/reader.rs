//! Typed values of a section that was checked before: what is absent is the default, and so is what a check has
//! already refused.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use super::units;
use crate::schema::scalars;
use crate::yaml::Node;

/// One section, or nothing where the file has none.
#[derive(Clone, Copy)]
pub(super) struct Reader<'n>(pub(super) Option<&'n Node>);

impl<'n> Reader<'n> {
    pub(super) fn section(self, key: &str) -> Self {
        Self(self.0.and_then(|node| node.get(key)))
    }

    pub(super) fn text(self, key: &str) -> Option<&'n str> {
        self.0.and_then(|node| node.text_of(key))
    }

    pub(super) fn duration(self, key: &str, default: Duration) -> Duration {
        self.text(key).and_then(|text| units::duration(text).ok()).unwrap_or(default)
    }

    pub(super) fn bytes(self, key: &str, default: usize) -> usize {
        self.text(key)
            .and_then(|text| units::bytes(text).ok())
            .and_then(|bytes| usize::try_from(bytes).ok())
            .unwrap_or(default)
    }

    pub(super) fn count(self, key: &str, default: usize) -> usize {
        self.text(key).and_then(scalars::to_integer).and_then(|count| usize::try_from(count).ok()).unwrap_or(default)
    }

    pub(super) fn boolean(self, key: &str, default: bool) -> bool {
        self.text(key).and_then(scalars::to_bool).unwrap_or(default)
    }

    /// The items of a list, `None` where there is no such key.
    pub(super) fn items(self, key: &str) -> Option<impl Iterator<Item = Self>> {
        let items = self.0.and_then(|node| node.get(key))?.items();
        Some(items.iter().map(|item| Self(Some(item))))
    }

    /// A list of names, without the blanks around them.
    pub(super) fn texts(self, key: &str) -> BTreeSet<String> {
        let items = self.0.and_then(|node| node.get(key)).map(Node::items).unwrap_or_default();
        items.iter().filter_map(Node::text).map(|text| text.trim().to_owned()).collect()
    }

    /// An address that may be off.
    pub(super) fn address(self, key: &str, default: Option<SocketAddr>) -> Option<SocketAddr> {
        self.text(key).and_then(|text| scalars::to_address(text).ok()).unwrap_or(default)
    }
}
