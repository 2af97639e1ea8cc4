//! Patterns in Go's syntax, which Prometheus, Loki and Tempo take, said again in that of the `regex` crate.
//!
//! The two differ in ways that are seen: to Go `\d`, `\w`, `\s` and `\b` are about ASCII, a `{` that counts nothing is
//! itself, `\Q…\E` quotes, classes know no `&&`; `a**`, `(?x)`, `\u0041` and counts above 1000 are faults.

mod class;
mod escape;
mod glob;

pub(crate) use self::glob::Glob;

/// A fault of a pattern, as Go words it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: `{part}`")]
pub struct PatternError {
    what: &'static str,
    part: String,
}

/// The same pattern for the `regex` crate, without anchors and with its defaults: `.` matches no newline.
///
/// # Errors
/// What Go says of it. A pattern may still be refused by the crate: for its size, or for a Unicode class that is none.
pub fn translate(pattern: &str) -> Result<String, PatternError> {
    let mut translator = Translator { text: pattern, ..Translator::default() };
    while let Some(c) = translator.peek() {
        translator.read(c)?;
    }
    if !translator.groups.is_empty() {
        return Err(fault("missing closing )", pattern));
    }
    Ok(translator.out)
}

const COUNT_MAX: u32 = 1000;
const INVALID_COUNT: &str = "invalid repeat count";

fn fault(what: &'static str, part: &str) -> PatternError {
    PatternError { what, part: part.to_owned() }
}

#[derive(Default)]
struct Translator<'a> {
    text: &'a str,
    at: usize,
    out: String,
    /// What was counted in front of each open group, within the one around it.
    groups: Vec<u32>,
    /// How often the innermost of what is counted within this group is repeated at most.
    counted: u32,
    /// The same of what a repetition would repeat.
    item_counted: u32,
    /// Whether there is something that a repetition may repeat.
    is_repeatable: bool,
    /// Where the repetition starts that was read last, if nothing was since.
    repetition: Option<usize>,
    /// Where the flags start in what was written last: a repetition behind them is of what is before them.
    flags: Option<usize>,
}

impl<'a> Translator<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn accept(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        self.at += if found { wanted.len() } else { 0 };
        found
    }

    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn read(&mut self, c: char) -> Result<(), PatternError> {
        let flags = self.flags.take();
        match c {
            '*' | '+' | '?' => {
                let start = self.at;
                self.at += 1;
                self.flags = flags;
                return self.repeat(start);
            }
            '{' => {
                let start = self.at;
                self.flags = flags;
                if let Some(most) = self.count()? {
                    self.repeat(start)?;
                    return self.check_nested(start, most);
                }
                self.at += 1;
                self.flags = None;
                self.literal('{');
            }
            '(' => self.open()?,
            ')' => self.close()?,
            '|' => {
                self.at += 1;
                self.out.push('|');
                self.is_repeatable = false;
            }
            '[' => self.class()?,
            '\\' => self.escape()?,
            '.' | '^' | '$' => {
                self.at += 1;
                self.out.push(c);
                self.item();
            }
            c => {
                self.at += c.len_utf8();
                self.literal(c);
            }
        }
        self.repetition = None;
        Ok(())
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
        self.item();
    }

    /// Something that may be repeated was written.
    fn item(&mut self) {
        self.is_repeatable = true;
        self.item_counted = 1;
    }

    // === groups ===

    fn open(&mut self) -> Result<(), PatternError> {
        if self.rest().starts_with("(?P<") || self.rest().starts_with("(?<") {
            self.named_group()?;
        } else if self.rest().starts_with("(?") {
            return self.flags();
        } else {
            self.at += 1;
            self.out.push('(');
        }
        self.enter();
        Ok(())
    }

    fn enter(&mut self) {
        self.groups.push(std::mem::replace(&mut self.counted, 1));
        self.is_repeatable = false;
    }

    fn close(&mut self) -> Result<(), PatternError> {
        let before = self.groups.pop().ok_or_else(|| fault("unexpected )", self.text))?;
        self.at += 1;
        self.out.push(')');
        self.is_repeatable = true;
        self.item_counted = self.counted;
        self.counted = self.counted.max(before);
        Ok(())
    }

    fn named_group(&mut self) -> Result<(), PatternError> {
        const INVALID: &str = "invalid named capture";
        let start = self.at;
        let length = self.rest().find('>').ok_or_else(|| fault(INVALID, self.rest()))?;
        self.at += length + 1;
        let group = self.since(start);
        let name = group.trim_start_matches("(?").trim_start_matches('P').trim_start_matches('<').trim_end_matches('>');
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(fault(INVALID, group));
        }
        self.out.push_str("(?P<");
        self.out.push_str(name);
        self.out.push('>');
        Ok(())
    }

    /// `(?i)` for what follows, or `(?i: … )`.
    fn flags(&mut self) -> Result<(), PatternError> {
        let start = self.at;
        self.at += 2;
        let (mut on, mut off, mut is_off) = (String::new(), String::new(), false);
        loop {
            let c = self.next();
            match c {
                Some(c @ ('i' | 'm' | 's' | 'U')) => {
                    let flags = if is_off { &mut off } else { &mut on };
                    if !flags.contains(c) {
                        flags.push(c);
                    }
                }
                Some('-') if !is_off => is_off = true,
                Some(c @ (':' | ')')) if !(is_off && off.is_empty()) => {
                    self.write_flags(&on, &off, c == ':');
                    return Ok(());
                }
                _ => return Err(fault("invalid or unsupported Perl syntax", self.since(start))),
            }
        }
    }

    fn write_flags(&mut self, on: &str, off: &str, is_group: bool) {
        if is_group {
            self.enter();
        } else {
            self.flags = Some(self.out.len());
        }
        if on.is_empty() && off.is_empty() && !is_group {
            return;
        }
        self.out.push_str("(?");
        self.out.push_str(on);
        if !off.is_empty() {
            self.out.push('-');
            self.out.push_str(off);
        }
        self.out.push(if is_group { ':' } else { ')' });
    }

    // === repetitions ===

    /// Reads `{n}`, `{n,}` or `{n,m}` and yields how often that is; anything else is no count.
    fn count(&mut self) -> Result<Option<u32>, PatternError> {
        let start = self.at;
        let Some((least, most, length)) = counts(self.rest()) else { return Ok(None) };
        self.at += length;
        if least > COUNT_MAX || most.is_some_and(|most| most > COUNT_MAX || most < least) {
            return Err(fault(INVALID_COUNT, self.since(start)));
        }
        Ok(Some(most.unwrap_or(least)))
    }

    /// Counts within counts multiply.
    fn check_nested(&mut self, start: usize, most: u32) -> Result<(), PatternError> {
        self.item_counted = self.item_counted.max(1).saturating_mul(most.max(1));
        self.counted = self.counted.max(self.item_counted);
        if self.item_counted > COUNT_MAX {
            return Err(fault(INVALID_COUNT, self.since(start)));
        }
        Ok(())
    }

    /// The repetition from `start` to here.
    fn repeat(&mut self, start: usize) -> Result<(), PatternError> {
        self.accept("?");
        if let Some(before) = self.repetition {
            return Err(fault("invalid nested repetition operator", self.since(before)));
        }
        if !self.is_repeatable {
            return Err(fault("missing argument to repetition operator", self.since(start)));
        }
        let written = self.since(start);
        self.out.insert_str(self.flags.take().unwrap_or(self.out.len()), written);
        self.repetition = Some(start);
        Ok(())
    }
}

/// The bounds of a count at the start of a text, and how long it is.
fn counts(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let inner = text.strip_prefix('{')?;
    let inner = &inner[..inner.find('}')?];
    let length = inner.len() + 2;
    let (least, most) = match inner.split_once(',') {
        None => (count(inner)?, Some(count(inner)?)),
        Some((least, "")) => (count(least)?, None),
        Some((least, most)) => (count(least)?, Some(count(most)?)),
    };
    Some((least, most, length))
}

/// Digits without a leading 0. What is too large is larger than any bound.
fn count(digits: &str) -> Option<u32> {
    let fits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let fits = fits && (digits == "0" || !digits.starts_with('0'));
    fits.then(|| digits.parse().unwrap_or(u32::MAX))
}

/// A character that stands for itself, in a class too.
fn push_literal(out: &mut String, c: char) {
    if matches!(
        c,
        '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' | '#' | '&' | '-' | '~'
    ) {
        out.push('\\');
    }
    out.push(c);
}

#[cfg(test)]
mod tests;
