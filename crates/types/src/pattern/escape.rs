//! What a backslash makes of what follows it.

use super::{PatternError, Translator, fault};

const INVALID: &str = "invalid escape sequence";

/// The ASCII classes: how they are written inside of brackets, and whether the complement is meant.
pub(super) fn perl_class(c: char) -> Option<(&'static str, bool)> {
    let inside = match c.to_ascii_lowercase() {
        'd' => "0-9",
        's' => "\\t\\n\\x0c\\r ",
        'w' => "0-9A-Za-z_",
        _ => return None,
    };
    Some((inside, c.is_ascii_uppercase()))
}

impl Translator<'_> {
    pub(super) fn escape(&mut self) -> Result<(), PatternError> {
        let start = self.at;
        let letter = self.rest().chars().nth(1);
        self.item();
        match letter {
            Some(c @ ('A' | 'z')) => self.pass(&format!("\\{c}")),
            // Words are of ASCII letters.
            Some(c @ ('b' | 'B')) => self.pass(&format!("(?-u:\\{c})")),
            Some('Q') => self.quoted(),
            Some('p' | 'P') => {
                let class = self.unicode_class()?;
                self.out.push_str(&class);
            }
            Some(c) if perl_class(c).is_some() => {
                let (inside, is_complement) = perl_class(c).unwrap_or_default();
                let caret = if is_complement { "^" } else { "" };
                self.pass(&format!("[{caret}{inside}]"));
            }
            _ => {
                let c = self.escaped_char(start)?;
                self.literal(c);
            }
        }
        Ok(())
    }

    fn pass(&mut self, written: &str) {
        self.at += 2;
        self.out.push_str(written);
    }

    fn quoted(&mut self) {
        self.at += 2;
        while !self.accept("\\E") {
            let Some(c) = self.next() else { return };
            self.literal(c);
        }
    }

    /// `\pL`, `\p{Greek}` or their complements.
    pub(super) fn unicode_class(&mut self) -> Result<String, PatternError> {
        const INVALID_CLASS: &str = "invalid character class range";
        let start = self.at;
        let mut is_complement = self.rest().starts_with("\\P");
        self.at += 2;
        let mut name = match self.next() {
            Some('{') => {
                let length = self.rest().find('}').ok_or_else(|| fault(INVALID_CLASS, self.text_from(start)))?;
                self.at += length + 1;
                self.since(start).get(3..length + 3).unwrap_or_default().to_owned()
            }
            Some(c) => c.to_string(),
            None => return Err(fault(INVALID_CLASS, self.since(start))),
        };
        if let Some(complement) = name.strip_prefix('^') {
            is_complement = !is_complement;
            name = complement.to_owned();
        }
        // Names are exact here, of categories and scripts only.
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) || name.contains(['=', ':', '!', ' ', '-']) {
            return Err(fault(INVALID_CLASS, self.since(start)));
        }
        Ok(format!("\\{}{{{name}}}", if is_complement { 'P' } else { 'p' }))
    }

    fn text_from(&self, start: usize) -> &str {
        self.text.get(start..).unwrap_or_default()
    }

    /// The character that an escape stands for.
    pub(super) fn escaped_char(&mut self, start: usize) -> Result<char, PatternError> {
        self.at += 1;
        let Some(c) = self.next() else { return Err(fault("trailing backslash at end of expression", "")) };
        let found = match c {
            'a' => Some('\x07'),
            'f' => Some('\x0c'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\x0b'),
            'x' => self.hexadecimal(),
            '0' => self.octal(0),
            // A single digit would refer back, which there is not.
            '1'..='7' if self.peek().is_some_and(|next| next.is_digit(8)) => c.to_digit(8).and_then(|d| self.octal(d)),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(c),
            _ => None,
        };
        found.ok_or_else(|| fault(INVALID, self.since(start)))
    }

    fn octal(&mut self, first: u32) -> Option<char> {
        let mut code = first;
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
            self.at += 1;
            code = code * 8 + digit;
        }
        char::from_u32(code)
    }

    fn hexadecimal(&mut self) -> Option<char> {
        if !self.accept("{") {
            let high = self.next()?.to_digit(16)?;
            let low = self.next()?.to_digit(16)?;
            return char::from_u32(high * 16 + low);
        }
        let mut code: Option<u32> = None;
        loop {
            match self.next()? {
                '}' => return char::from_u32(code?),
                c => code = Some(code.unwrap_or_default().checked_mul(16)?.checked_add(c.to_digit(16)?)?),
            }
        }
    }
}
