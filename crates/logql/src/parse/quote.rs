//! Where quoted texts end in a query.

pub(crate) use aio_types::quoted::{quote, unquote};

const ESCAPE: &str = "invalid char escape";

/// A quoted text as it is found in a query.
pub(super) struct Scanned {
    /// In bytes, quotes included.
    pub(super) len: usize,
    /// How many characters it stands for.
    pub(super) count: usize,
    /// What is wrong with it.
    pub(super) fault: Option<&'static str>,
}

/// Finds the end of the text in quotes that another text starts with.
pub(super) fn scan_quoted(text: &str, quote: char) -> Scanned {
    let mut scanned = Scanned { len: 1, count: 0, fault: None };
    loop {
        let mut rest = text[scanned.len..].chars();
        let c = match rest.next() {
            Some(c) if c == quote => {
                scanned.len += 1;
                return scanned;
            }
            Some(c) if c != '\n' || quote == '`' => c,
            _ => {
                scanned.fault.get_or_insert("literal not terminated");
                return scanned;
            }
        };
        scanned.len += c.len_utf8();
        scanned.count += 1;
        if c == '\\' && quote != '`' {
            match escape_len(rest.as_str(), quote) {
                Some(len) => scanned.len += len,
                None => scanned.fault = scanned.fault.or(Some(ESCAPE)),
            }
        }
    }
}

/// How long what follows a backslash is.
fn escape_len(text: &str, quote: char) -> Option<usize> {
    let c = text.chars().next()?;
    let (start, digits, base) = match c {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => return Some(1),
        c if c == quote => return Some(1),
        '0'..='7' => (0, 3, 8),
        'x' => (1, 2, 16),
        'u' => (1, 4, 16),
        'U' => (1, 8, 16),
        _ => return None,
    };
    let found = text[start..].chars().take(digits).take_while(|c| c.is_digit(base)).count();
    (found == digits).then_some(start + digits)
}
