//! Values as text, by the rules of Go's package fmt.
//!
//! ```text
//!   print, println, {{x}} ──┐                  ┌─ float, integer, text
//!                           ├─> Printer ─ value┤
//!   printf ── verbs, flags ─┘                  └─ lists, maps, objects
//! ```

mod buffer;
mod float;
mod integer;
mod printf;
mod text;
mod value;

pub(crate) use buffer::Buffer;
pub(crate) use printf::printf;

use crate::value::Value;

/// No number is written with more digits.
const PRECISION_MAX: usize = 1_000_000;

/// How one value is to be written.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    width: Option<usize>,
    precision: Option<usize>,
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    /// `%+v` and `%#v`, where the flags mean something else.
    plus_v: bool,
    sharp_v: bool,
}

/// Writes values to a buffer.
#[derive(Debug)]
struct Printer<'b, 'o> {
    out: &'b mut Buffer<'o>,
    flags: Flags,
    /// Inside `%!verb(…)`: nothing is asked for its own string there.
    is_in_error: bool,
}

impl<'b, 'o> Printer<'b, 'o> {
    fn new(out: &'b mut Buffer<'o>) -> Self {
        Self { out, flags: Flags::default(), is_in_error: false }
    }

    /// In spaces or zeros.
    fn padding(&mut self, count: usize) {
        let fill = if self.flags.zero && !self.flags.minus { '0' } else { ' ' };
        self.out.fill(fill, count);
    }

    /// To the width that is asked for.
    fn pad(&mut self, text: &str) {
        let Some(width) = self.flags.width.filter(|width| *width > 0) else {
            self.out.push_str(text);
            return;
        };
        let missing = width.saturating_sub(text.chars().count());
        if self.flags.minus {
            self.out.push_str(text);
            self.padding(missing);
        } else {
            self.padding(missing);
            self.out.push_str(text);
        }
    }

    /// The same, never with zeros.
    fn pad_with_spaces(&mut self, text: &str) {
        let zero = std::mem::replace(&mut self.flags.zero, false);
        self.pad(text);
        self.flags.zero = zero;
    }
}

/// What `{{x}}` writes.
pub(crate) fn display(out: &mut Buffer<'_>, value: &Value<'_>) {
    match value {
        Value::Nil => out.push_str("<no value>"),
        Value::Text(text) => out.push_str(text),
        value => Printer::new(out).arg(value, 'v'),
    }
}

/// Go's `Sprint`: a space between two values neither of which is a string.
pub(crate) fn print(out: &mut Buffer<'_>, values: &[Value<'_>]) {
    let mut after_text = false;
    for (i, value) in values.iter().enumerate() {
        let is_text = matches!(*value.beneath(), Value::Text(_));
        if i > 0 && !is_text && !after_text {
            out.push_str(" ");
        }
        Printer::new(out).arg(value, 'v');
        after_text = is_text;
    }
}

/// Go's `Sprintln`: a space between all, and a new line.
pub(crate) fn println(out: &mut Buffer<'_>, values: &[Value<'_>]) {
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push_str(" ");
        }
        Printer::new(out).arg(value, 'v');
    }
    out.push_str("\n");
}

/// One value by one verb without flags.
pub(crate) fn verb(value: &Value<'_>, verb: char, bytes_max: usize) -> String {
    let mut text = String::new();
    Printer::new(&mut Buffer::new(&mut text, bytes_max)).arg(value, verb);
    text
}
