//! What a document may hold, as data: keys, the kind of each, and checks between them. Walking a tree by it yields
//! every fault with its line, not only the first one, which is why this is no `serde` type: its derive stops at the
//! first fault and knows no line for one between two keys.

mod fault;
pub(crate) mod scalars;
mod walk;

pub(crate) use self::fault::{Fault, Faults};
pub(crate) use self::walk::walk;
use crate::yaml::Node;

/// What a key may hold.
pub(crate) enum Kind {
    /// A text that this accepts.
    Scalar(fn(&str) -> Result<(), String>),
    /// A text in which `${NAME}` stands for an environment variable.
    Secret,
    /// The same for a URL, which may also be a template.
    SecretUrl,
    /// A list of one kind.
    List(&'static Kind),
    /// A map with keys of the user's choice, which the function accepts.
    Map(fn(&str) -> Result<(), String>, &'static Kind),
    /// A map with known keys.
    Section(&'static Section),
    /// Not looked into.
    Any,
}

/// A map with known keys.
pub(crate) struct Section {
    /// The keys.
    pub(crate) keys: &'static [(&'static str, Kind)],
    /// Sections whose keys stand among ours.
    pub(crate) with: &'static [&'static Section],
    /// What no key can tell alone.
    pub(crate) check: fn(&Node, &mut Faults),
}

impl Section {
    /// The kind of `key`.
    pub(crate) fn kind(&self, key: &str) -> Option<&'static Kind> {
        let own = self.keys.iter().find(|(name, _)| *name == key).map(|(_, kind)| kind);
        own.or_else(|| self.with.iter().find_map(|section| section.kind(key)))
    }
}

/// For sections whose keys tell everything alone.
pub(crate) fn no_check(_node: &Node, _faults: &mut Faults) {}

/// For maps that take any key.
pub(crate) fn any_key(_key: &str) -> Result<(), String> {
    Ok(())
}

/// A list of texts.
pub(crate) const TEXTS: Kind = Kind::List(&Kind::Scalar(scalars::text));
