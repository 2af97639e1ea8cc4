//! Classes in brackets. There are no classes in classes and no operations on them.

use super::escape::perl_class;
use super::{PatternError, Translator, fault, push_literal};

const NAMES: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

const INVALID_RANGE: &str = "invalid character class range";

impl Translator<'_> {
    pub(super) fn class(&mut self) -> Result<(), PatternError> {
        let start = self.at;
        self.at += 1;
        self.out.push('[');
        if self.accept("^") {
            self.out.push('^');
        }
        let mut is_first = true;
        // A bracket that comes first is an element.
        while is_first || self.peek() != Some(']') {
            is_first = false;
            self.element(start)?;
        }
        self.at += 1;
        self.out.push(']');
        self.item();
        Ok(())
    }

    fn element(&mut self, class: usize) -> Result<(), PatternError> {
        if self.rest().starts_with("[:") && self.named_class()? {
            return Ok(());
        }
        let letter = self.rest().strip_prefix('\\').and_then(|rest| rest.chars().next());
        match letter {
            Some('p' | 'P') => {
                let class = self.unicode_class()?;
                self.out.push_str(&class);
                return Ok(());
            }
            Some(c) => {
                if let Some((inside, is_complement)) = perl_class(c) {
                    self.at += 2;
                    self.out.push_str(&if is_complement { format!("[^{inside}]") } else { inside.to_owned() });
                    return Ok(());
                }
            }
            None => {}
        }
        self.range(class)
    }

    /// A character, or two with all between them.
    fn range(&mut self, class: usize) -> Result<(), PatternError> {
        let start = self.at;
        let low = self.class_char(class)?;
        push_literal(&mut self.out, low);
        let is_range = self.rest().starts_with('-') && self.rest().len() > 1 && !self.rest().starts_with("-]");
        if !is_range {
            return Ok(());
        }
        self.at += 1;
        let high = self.class_char(class)?;
        if high < low {
            return Err(fault(INVALID_RANGE, self.since(start)));
        }
        self.out.push('-');
        push_literal(&mut self.out, high);
        Ok(())
    }

    fn class_char(&mut self, class: usize) -> Result<char, PatternError> {
        let start = self.at;
        match self.peek() {
            None => Err(fault("missing closing ]", self.text.get(class..).unwrap_or_default())),
            Some('\\') => self.escaped_char(start),
            Some(c) => {
                self.at += c.len_utf8();
                Ok(c)
            }
        }
    }

    /// `[:alpha:]`, which without an end is no name.
    fn named_class(&mut self) -> Result<bool, PatternError> {
        let start = self.at;
        let Some(length) = self.rest().get(2..).and_then(|rest| rest.find(":]")) else { return Ok(false) };
        self.at += length + 4;
        let written = self.since(start);
        let name = written.trim_start_matches("[:").trim_end_matches(":]").trim_start_matches('^');
        if !NAMES.contains(&name) {
            return Err(fault(INVALID_RANGE, written));
        }
        self.out.push_str(written);
        Ok(true)
    }
}
