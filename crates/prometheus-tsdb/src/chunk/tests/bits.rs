//! Writes what `crate::bits` reads.

/// Bits, the most significant first.
#[derive(Debug, Default)]
pub(crate) struct BitWriter {
    pub(crate) bytes: Vec<u8>,
    free: u32,
}

impl BitWriter {
    pub(crate) fn bits(&mut self, value: u64, count: u32) {
        for at in (0..count).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            let bit = u8::from(value >> at & 1 == 1);
            *self.bytes.last_mut().expect("pushed") |= bit << self.free;
        }
    }

    pub(crate) fn float(&mut self, value: f64) {
        self.bits(value.to_bits(), 64);
    }

    pub(crate) fn uvarint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bits(value & 0x7f | 0x80, 8);
            value >>= 7;
        }
        self.bits(value, 8);
    }

    pub(crate) fn varint(&mut self, value: i64) {
        self.uvarint(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    /// A prefix of `ones` ones and, unless there are `most`, a zero.
    pub(crate) fn ones(&mut self, ones: u32, most: u32) {
        (0..ones).for_each(|_| self.bits(1, 1));
        if ones < most {
            self.bits(0, 1);
        }
    }

    pub(crate) fn varbit_int(&mut self, value: i64) {
        let fits = |width: u32| width == 64 || (-((1 << (width - 1)) - 1)..=1 << (width - 1)).contains(&value);
        self.varbit(value.cast_unsigned(), value == 0, fits);
    }

    pub(crate) fn varbit_uint(&mut self, value: u64) {
        self.varbit(value, value == 0, |width| width == 64 || value < 1 << width);
    }

    fn varbit(&mut self, bits: u64, is_zero: bool, fits: impl Fn(u32) -> bool) {
        let widths = [3, 6, 9, 12, 18, 25, 56, 64];
        if is_zero {
            return self.bits(0, 1);
        }
        let at = widths.iter().position(|width| fits(*width)).expect("64 fits all");
        self.ones(u32::try_from(at).expect("few") + 1, 8);
        self.bits(bits, widths[at]);
    }
}

/// Which bits of a float are told.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Window(Option<(u32, u32)>);

impl Window {
    /// The window for a difference, and whether it is a new one.
    fn choose(&mut self, difference: u64) -> (u32, u32, bool) {
        let (leading, trailing) = (difference.leading_zeros().min(31), difference.trailing_zeros());
        match self.0 {
            Some((l, t)) if leading >= l && trailing >= t => (l, t, false),
            _ => {
                self.0 = Some((leading, trailing));
                (leading, trailing, true)
            }
        }
    }

    /// `prefixes`: for the same window and a new one, with their lengths.
    pub(crate) fn write(&mut self, out: &mut BitWriter, difference: u64, prefixes: [(u64, u32); 2]) {
        let (leading, trailing, is_new) = self.choose(difference);
        let significant = 64 - leading - trailing;
        let (prefix, len) = prefixes[usize::from(is_new)];
        out.bits(prefix, len);
        if is_new {
            out.bits(leading.into(), 5);
            out.bits((significant % 64).into(), 6);
        }
        out.bits(difference >> trailing, significant);
    }

    pub(crate) fn xor(&mut self, out: &mut BitWriter, before: f64, value: f64) {
        match before.to_bits() ^ value.to_bits() {
            0 => out.bits(0, 1),
            difference => self.write(out, difference, [(0b10, 2), (0b11, 2)]),
        }
    }
}
