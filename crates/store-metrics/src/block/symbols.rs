//! The texts of labels, each once, by number.
//!
//! ```text
//!   page = n texts: length bytes
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use aio_kit::bytes::{Reader, Writer};

/// Texts per page.
pub(super) const PAGE_SYMBOLS: usize = 256;

/// Numbers texts in the order they come.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Symbols {
    /// The number of a text; there are never as many texts as numbers, since there are not so many labels.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }

    pub(super) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }

    /// The bytes of each page.
    pub(super) fn pages(&self) -> impl Iterator<Item = Vec<u8>> {
        self.texts.chunks(PAGE_SYMBOLS).map(|texts| {
            let mut out = Writer::default();
            texts.iter().for_each(|text| out.text(text));
            out.0
        })
    }
}

/// Some symbols.
#[derive(Debug)]
pub(super) struct Page {
    text: Box<str>,
    ends: Box<[u32]>,
}

impl Page {
    /// `None` where the bytes are no page.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (mut from, mut text, mut ends) = (Reader(bytes), String::new(), Vec::new());
        while !from.0.is_empty() {
            text.push_str(from.text()?);
            ends.push(u32::try_from(text.len()).ok()?);
        }
        Some(Self { text: text.into(), ends: ends.into() })
    }

    pub(super) fn get(&self, position: usize) -> Option<&str> {
        let end = *self.ends.get(position)? as usize;
        let start = position.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&end| end as usize);
        self.text.get(start..end)
    }

    pub(super) fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * 4
    }
}
