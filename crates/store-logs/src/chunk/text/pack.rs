//! Numbers of symbols to bytes.

use std::cmp::Reverse;

use aio_kit::bytes::Writer;

use super::shape::{SHAPES, Shape};
use super::symbols::Symbol;
use super::{PAGE, PAGES_MAX, PLACES, SPAN, Symbols, column};
use crate::chunk::zstd;

/// A symbol has a code when it occurs so often.
const COUNT_MIN: u32 = 3;

/// The text of `lines`, which `symbols` is of.
pub(in crate::chunk) fn pack<'a>(
    lines: impl Iterator<Item = &'a str>,
    symbols: &Symbols<'_>,
) -> std::io::Result<Vec<u8>> {
    let codes = Codes::of(symbols);
    let mut packer = Packer { symbols, codes: &codes, columns: Columns::default(), out: Writer::default() };
    let mut start = 0;
    for (line, end) in lines.zip(&symbols.ends) {
        packer.line(line.as_bytes(), &symbols.numbers[start..*end]);
        start = *end;
    }
    let Packer { columns, out: coded, .. } = packer;
    let mut table = codes.table;
    let (digits, others) = columns.join(&mut table);
    let mut out = Writer::default();
    for section in [table.0, coded.0, digits, others] {
        out.blob(&zstd(&section)?);
    }
    out.blob(&symbols.ids);
    Ok(out.0)
}

/// The bytes of a symbol; of length 0 where it has none.
#[derive(Debug, Clone, Copy, Default)]
struct Code {
    bytes: [u8; 2],
    len: u8,
    /// For words: the number of the symbol among those with codes, and one more.
    word: u16,
}

struct Codes {
    /// By number.
    of: Vec<Code>,
    /// Of symbols without text.
    bare: [Code; SHAPES],
    table: Writer,
}

/// What gets a code: a symbol by its number, or a shape alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Coded {
    Symbol(usize),
    Bare(u8),
}

impl Codes {
    fn of(symbols: &Symbols<'_>) -> Self {
        let mut literals = [false; 256];
        symbols.all.iter().flat_map(|s| s.text.as_bytes()).for_each(|b| literals[usize::from(*b)] = true);
        let free: Vec<u8> = (0..=u8::MAX).filter(|b| !literals[usize::from(*b)]).collect();
        let pages = PAGES_MAX.min(free.len() / 4);
        let (singles, openers) = free.split_at(free.len() - pages);
        let doubles = openers.iter().flat_map(|first| (0..=u8::MAX).map(|n| [*first, n]));
        let bytes = singles.iter().map(|b| ([*b, 0], 1)).chain(doubles.map(|b| (b, 2)));

        let order = order(symbols, singles.len() + pages * PAGE);
        let mut codes = Self {
            of: vec![Code::default(); symbols.all.len()],
            bare: [Code::default(); SHAPES],
            table: head_of_table(&literals, pages, order.len()),
        };
        for (((bytes, len), place), coded) in bytes.zip(1_u16..).zip(order) {
            let code = Code { bytes, len, word: 0 };
            let (shape, text) = match coded {
                Coded::Bare(shape) => {
                    codes.bare[usize::from(shape)] = code;
                    (shape, "")
                }
                Coded::Symbol(number) => {
                    let Symbol { shape, text, .. } = symbols.all[number];
                    codes.of[number] = Code { word: if shape == Shape::Word { place } else { 0 }, ..code };
                    (shape.to_byte(), text)
                }
            };
            codes.table.byte(shape);
            codes.table.text(text);
        }
        codes
    }
}

fn head_of_table(literals: &[bool; 256], pages: usize, symbols: usize) -> Writer {
    let mut out = Writer::default();
    for bits in literals.as_chunks::<8>().0 {
        out.byte(bits.iter().zip(0..).fold(0, |byte, (is_set, bit)| byte | u8::from(*is_set) << bit));
    }
    out.byte(u8::try_from(pages).unwrap_or(0));
    out.uint(symbols as u64);
    out
}

/// At most so many, those first that save most. Shapes alone are always among them: gaps and ids have no other form where
/// what is behind them is rare.
fn order(symbols: &Symbols<'_>, len_max: usize) -> Vec<Coded> {
    let mut bare = symbols.shapes;
    let mut found = Vec::new();
    for (number, symbol) in symbols.all.iter().enumerate() {
        let token = if symbol.shape.is_text() { 0 } else { 2 };
        if symbol.count >= COUNT_MIN && token + symbol.text.len() > 1 {
            let gain = symbol.count as usize * (token + symbol.text.len() - 1);
            found.push((Reverse(gain), Coded::Symbol(number)));
            let rest = &mut bare[usize::from(symbol.shape.to_byte())];
            *rest = rest.saturating_sub(symbol.count);
        }
    }
    let occur = (0..).zip(&symbols.shapes).zip(bare).filter(|((_, all), _)| **all > 0);
    let mut all: Vec<_> = occur.map(|((shape, _), rest)| (Reverse(rest as usize), Coded::Bare(shape))).collect();
    found.sort_unstable();
    found.truncate(len_max - all.len());
    all.append(&mut found);
    all.sort_unstable();
    all.into_iter().map(|(_, coded)| coded).collect()
}

struct Packer<'a> {
    symbols: &'a Symbols<'a>,
    codes: &'a Codes,
    columns: Columns,
    out: Writer,
}

impl Packer<'_> {
    fn line(&mut self, line: &[u8], numbers: &[u32]) {
        let (mut at, mut word, mut gaps) = (0, 0, 0);
        let mut numbers = numbers.iter().map(|n| *n as usize);
        while let Some(number) = numbers.next() {
            let Symbol { shape, text, .. } = self.symbols.all[number];
            let code = self.codes.of[number];
            let bare = self.codes.bare[usize::from(shape.to_byte())];
            let written = if code.len > 0 { code } else { bare };
            written.bytes.iter().take(usize::from(written.len)).for_each(|b| self.out.byte(*b));
            match shape {
                Shape::Text => {}
                Shape::Word if code.len > 0 => (word, gaps) = (usize::from(code.word), 0),
                Shape::Word => {}
                Shape::Gap(len) => {
                    let len = usize::from(len);
                    self.columns.add(column(word, gaps), &line[at..], len);
                    at += len;
                    gaps += 1;
                }
                Shape::Id(bytes) => at += usize::from(bytes) * 2,
                Shape::Again => {
                    self.out.uint(numbers.next().unwrap_or(0) as u64);
                    at += numbers.next().unwrap_or(0);
                }
            }
            if code.len == 0 {
                self.out.0.extend_from_slice(text.as_bytes());
            }
            at += text.len();
        }
    }
}

/// Gaps by column.
#[derive(Default)]
struct Columns {
    /// Which of `all` a column is, and one more.
    numbers: Vec<u32>,
    all: Vec<Column>,
}

struct Column {
    key: usize,
    bytes: Vec<u8>,
}

impl Columns {
    /// The first `len` bytes of `from`.
    fn add(&mut self, key: usize, from: &[u8], len: usize) {
        if self.numbers.len() <= key {
            self.numbers.resize(key + 1, 0);
        }
        if self.numbers[key] == 0 {
            self.all.push(Column { key, bytes: Vec::new() });
            self.numbers[key] = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        }
        let to = &mut self.all[self.numbers[key] as usize - 1].bytes;
        match from.first_chunk::<SPAN>().filter(|_| len <= SPAN) {
            Some(span) => {
                to.extend_from_slice(span);
                to.truncate(to.len() - SPAN + len);
            }
            None => to.extend_from_slice(&from[..len]),
        }
    }

    /// Columns of digits, others, and what the table tells of them.
    fn join(self, table: &mut Writer) -> (Vec<u8>, Vec<u8>) {
        let (mut digits, mut others) = (Vec::new(), Vec::new());
        table.uint(self.all.len() as u64);
        for Column { key, bytes } in &self.all {
            let are_digits = bytes.iter().all(u8::is_ascii_digit);
            table.uint((key / PLACES) as u64);
            table.byte(u8::try_from(key % PLACES).unwrap_or(0));
            table.uint(bytes.len() as u64 * 2 + u64::from(are_digits));
            if are_digits { &mut digits } else { &mut others }.extend_from_slice(bytes);
        }
        (digits, others)
    }
}
