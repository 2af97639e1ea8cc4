//! What a symbol tells of its token.

/// One byte of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The text of the symbol is all of it.
    Text,
    /// The same, and it begins with a word.
    Word,
    /// So many bytes from a column.
    Gap(u8),
    /// So many bytes from the ids, as twice as many hexadecimal digits.
    Id(u8),
    /// The id that was so many ids ago as a number behind the code says.
    Again,
}

/// Shapes that are one byte each.
pub(super) const SHAPES: usize = 92;
pub(super) const GAP_BYTES_MAX: usize = 32;
const ID_BYTES_MIN: usize = 8;
pub(super) const ID_BYTES_MAX: usize = 64;
/// The bytes before the first of [`Shape::Gap`] and [`Shape::Id`].
const GAP: u8 = 1;
const ID: u8 = 26;
const AGAIN: u8 = 91;

impl Shape {
    /// That of a token with a digit: an id, or a gap, or too long for either.
    pub(super) fn of(token: &str) -> Self {
        let len = token.len();
        let may_be_id = (ID_BYTES_MIN * 2..=ID_BYTES_MAX * 2).contains(&len) && len.is_multiple_of(2);
        // Numbers without letters are better off in a column with others.
        if may_be_id
            && token.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            && !token.bytes().all(|b| b.is_ascii_digit())
        {
            return Self::Id(u8::try_from(len / 2).unwrap_or(0));
        }
        if len <= GAP_BYTES_MAX { Self::Gap(u8::try_from(len).unwrap_or(0)) } else { Self::Text }
    }

    pub(super) fn to_byte(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Word => 1,
            Self::Gap(len) => GAP + len,
            Self::Id(bytes) => ID + bytes,
            Self::Again => AGAIN,
        }
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::Text,
            1 => Self::Word,
            AGAIN => Self::Again,
            2..34 => Self::Gap(byte - GAP),
            34..AGAIN => Self::Id(byte - ID),
            _ => return None,
        })
    }

    /// Whether the text of a symbol is all of it.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_each() {
        for byte in 0..=u8::MAX {
            let shape = Shape::from_byte(byte);
            assert_eq!(shape.map(Shape::to_byte), (usize::from(byte) < SHAPES).then_some(byte));
            let within = match shape {
                Some(Shape::Gap(len)) => (1..=GAP_BYTES_MAX).contains(&usize::from(len)),
                Some(Shape::Id(len)) => (ID_BYTES_MIN..=ID_BYTES_MAX).contains(&usize::from(len)),
                _ => true,
            };
            assert!(within, "{shape:?}");
        }
    }

    #[test]
    fn tokens_have_shapes() {
        let shapes =
            ["12ms", "4bf92f3577b34da6", "1234567890123456", "4BF92F3577B34DA6", &"1".repeat(33)].map(Shape::of);
        assert_eq!(shapes, [Shape::Gap(4), Shape::Id(8), Shape::Gap(16), Shape::Gap(16), Shape::Text]);
    }
}
