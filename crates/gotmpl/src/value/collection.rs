//! Lists and maps: shared, never changed, with the type of their elements.

use std::collections::BTreeMap;

use super::{Type, Value};

/// A list.
#[derive(Debug, Clone)]
pub struct List {
    pub(crate) element: Type,
    pub(crate) items: Vec<Value<'static>>,
}

impl List {
    /// Of `items`, all of the type `element`.
    pub fn new(element: Type, items: impl IntoIterator<Item = Value<'static>>) -> Self {
        Self { element, items: items.into_iter().collect() }
    }

    /// What it holds.
    pub fn items(&self) -> &[Value<'static>] {
        &self.items
    }

    /// The type of what it holds.
    pub fn element(&self) -> Type {
        self.element
    }
}

/// A map with string keys, in their order.
#[derive(Debug, Clone)]
pub struct Map {
    pub(crate) element: Type,
    pub(crate) entries: BTreeMap<Box<str>, Value<'static>>,
}

impl Map {
    /// Of `entries`, all of the type `element`; of a key that comes twice the last one stays.
    pub fn new<K: Into<Box<str>>>(element: Type, entries: impl IntoIterator<Item = (K, Value<'static>)>) -> Self {
        Self { element, entries: entries.into_iter().map(|(k, v)| (k.into(), v)).collect() }
    }

    /// Of strings: Go's `map[string]string`.
    pub fn of_texts<K: Into<Box<str>>, V: Into<String>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::new(Type::Text, entries.into_iter().map(|(k, v)| (k, Value::from(v.into()))))
    }

    /// What the key holds.
    pub fn get(&self, key: &str) -> Option<&Value<'static>> {
        self.entries.get(key)
    }

    /// Keys and what they hold, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'static>)> {
        self.entries.iter().map(|(key, value)| (&**key, value))
    }

    /// The type of what it holds.
    pub fn element(&self) -> Type {
        self.element
    }
}
