//! YAML as a tree that knows the line of everything, read by Go's habits: a scalar is text until somebody asks for
//! more, a key may be given once, `<<` merges. Documents are bounded, also through their aliases.

mod parse;

pub(crate) use self::parse::documents;

/// A value and the line it starts on, counted from 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    /// As written, without its quotes; `quoted` is kept because `"null"` is a text.
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_line: usize,
    pub(crate) node: Node,
}

impl Node {
    /// An empty document.
    pub(crate) fn empty() -> Self {
        Self { line: 1, value: Value::Null }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The entries of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// What a map holds under `key`; a null counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|e| e.key == key).map(|e| &e.node).filter(|n| !n.is_null())
    }

    /// What lies at the end of a dotted path.
    pub(crate) fn at(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, key| node.get(key))
    }

    /// The text under `key`; empty counts as absent, as it does upstream.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text).filter(|text| !text.is_empty())
    }

    /// Whether `key` holds anything.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|node| node.text() != Some(""))
    }

    /// The line to blame for `key`: its own, or the map's where it is missing.
    pub(crate) fn line_of(&self, key: &str) -> usize {
        self.entries().iter().find(|e| e.key == key).map_or(self.line, |e| e.key_line)
    }

    /// What it is, for messages.
    pub(crate) fn shape(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Scalar { .. } => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}
