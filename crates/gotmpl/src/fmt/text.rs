//! Strings and booleans.

use super::Printer;
use crate::quote::{can_backquote, quote};
use crate::value::Value;

impl Printer<'_, '_> {
    pub(super) fn bool(&mut self, v: bool, verb: char) {
        match verb {
            't' | 'v' => self.pad(if v { "true" } else { "false" }),
            _ => self.bad_verb(&Value::Bool(v), verb),
        }
    }

    /// A string; `value` is what it belongs to, for messages.
    pub(super) fn text(&mut self, text: &str, verb: char, value: &Value<'_>) {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => self.pad(self.truncated(text)),
            'q' => self.quoted(text),
            'x' => self.hex(text, false),
            'X' => self.hex(text, true),
            _ => self.bad_verb(value, verb),
        }
    }

    /// As many characters as the precision allows.
    fn truncated<'t>(&self, text: &'t str) -> &'t str {
        let end = self.flags.precision.and_then(|count| text.char_indices().nth(count));
        end.map_or(text, |(end, _)| &text[..end])
    }

    fn quoted(&mut self, text: &str) {
        let text = self.truncated(text);
        if self.flags.sharp && can_backquote(text) {
            self.pad(&format!("`{text}`"));
        } else {
            self.pad(&quote(text, self.flags.plus));
        }
    }

    /// Byte by byte; the precision counts bytes.
    fn hex(&mut self, text: &str, upper: bool) {
        let bytes = &text.as_bytes()[..self.flags.precision.unwrap_or(usize::MAX).min(text.len())];
        if bytes.is_empty() {
            self.padding(self.flags.width.unwrap_or(0));
            return;
        }
        let prefix = if self.flags.sharp { if upper { "0X" } else { "0x" } } else { "" };
        let between = if self.flags.space { [" ", prefix].concat() } else { String::new() };
        let width = bytes.len() * 2 + prefix.len() + (bytes.len() - 1) * between.len();
        let missing = self.flags.width.unwrap_or(0).saturating_sub(width);
        if !self.flags.minus {
            self.padding(missing);
        }
        self.out.push_str(prefix);
        for (i, byte) in bytes.iter().enumerate() {
            if i > 0 {
                self.out.push_str(&between);
            }
            self.out.push_str(&if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        }
        if self.flags.minus {
            self.padding(missing);
        }
    }
}
