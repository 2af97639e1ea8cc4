//! Texts of floats as Go's `strconv.ParseFloat` reads them, for what is no literal of the language: values of labels.

/// What a text is worth; `None` where Go refuses it, as malformed or out of range.
pub(crate) fn go_float(text: &str) -> Option<f64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let lower = digits.to_ascii_lowercase();
    match lower.as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        // Go has no NaN with a sign.
        "nan" => return (digits.len() == text.len()).then_some(f64::NAN),
        _ => {}
    }
    let plain = if lower.contains('_') { without_underscores(&lower)? } else { lower };
    let value = match plain.strip_prefix("0x") {
        Some(hex) => hexadecimal(hex)?,
        // Rust's words for what is no number are dealt with.
        None if plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') => plain.parse().ok()?,
        None => return None,
    };
    value.is_finite().then_some(sign * value)
}

/// Underscores stand between digits, or between `0x` and a digit.
fn without_underscores(text: &str) -> Option<String> {
    let hex = text.starts_with("0x");
    let is_digit = |b: &u8| if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() };
    let bytes = text.as_bytes();
    let fits = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let after_prefix = hex && at == 2;
        (after_prefix || before.is_some_and(is_digit)) && bytes.get(at + 1).is_some_and(is_digit)
    };
    let all = (0..bytes.len()).filter(|at| bytes[*at] == b'_').all(fits);
    all.then(|| text.replace('_', ""))
}

/// `mantissa p exponent`, of which the exponent of two is a must. Rounds to even, as often as once.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, power) = text.split_once('p')?;
    let power_digits = power.strip_prefix(['+', '-']).unwrap_or(power);
    if power_digits.is_empty() || !power_digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut bits = Bits::default();
    whole.chars().try_for_each(|c| bits.push(c, false))?;
    fraction.chars().try_for_each(|c| bits.push(c, true))?;
    // No exponent beyond this leaves anything of a mantissa of so few digits.
    let limit = 1_000_000;
    let power: i64 = power.parse().unwrap_or(if power.starts_with('-') { -limit } else { limit });
    Some(bits.times_two_to(power.clamp(-limit, limit)))
}

/// The highest bits of a mantissa, and whether any came after them.
#[derive(Default)]
struct Bits {
    /// 60 at most.
    highest: u64,
    is_more: bool,
    /// By which power of two they are multiplied.
    power: i64,
}

impl Bits {
    fn push(&mut self, digit: char, is_fraction: bool) -> Option<()> {
        let digit = u64::from(digit.to_digit(16)?);
        if self.highest < 1 << 56 {
            self.highest = self.highest << 4 | digit;
            self.power -= if is_fraction { 4 } else { 0 };
        } else {
            self.is_more |= digit != 0;
            self.power += if is_fraction { 0 } else { 4 };
        }
        Some(())
    }

    /// Cut to the bits a float has at that magnitude, rounded to even.
    #[expect(clippy::cast_precision_loss, reason = "has at most 53 bits then")]
    fn times_two_to(self, power: i64) -> f64 {
        const MANTISSA_BITS: i64 = 53;
        const LOWEST_POWER: i64 = -1074;
        let power = self.power.saturating_add(power);
        if self.highest == 0 {
            return 0.0;
        }
        let length = i64::from(64 - self.highest.leading_zeros());
        let lost = (length - MANTISSA_BITS).max(LOWEST_POWER - power).clamp(0, 63);
        let kept = self.highest >> lost;
        let (rest, half) = (self.highest & ((1 << lost) - 1), if lost > 0 { 1_u64 << (lost - 1) } else { 1 << 63 });
        let is_above = rest > half || (rest == half && (self.is_more || kept & 1 == 1));
        let mut value = (kept + u64::from(is_above)) as f64;
        let mut left = power.saturating_add(lost);
        // By exact steps: a mantissa that fits has been cut before.
        while left != 0 && value != 0.0 && value.is_finite() {
            let step = left.clamp(-1000, 1000);
            value *= 2_f64.powi(i32::try_from(step).unwrap_or(0));
            left -= step;
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_worth_what_go_says() {
        for (text, expected) in [
            ("0.5", Some(0.5)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("+Inf", Some(f64::INFINITY)),
            ("-infinity", Some(f64::NEG_INFINITY)),
            ("1_000", Some(1000.0)),
            ("1_23.50_0_0e+1_2", Some(1.235e14)),
            ("-_1", None),
            ("1__0", None),
            ("1_", None),
            ("1_.5", None),
            ("1e_2", None),
            ("0x1p-2", Some(0.25)),
            ("0X1.8P1", Some(3.0)),
            ("0x_1F_Fp0", Some(511.0)),
            ("0x10", None),
            ("0xp1", None),
            ("0x1p", None),
            ("0x.8p0", Some(0.5)),
            ("0x1.fffffffffffff8p0", Some(2.0)),
            ("0x1.fffffffffffff7p0", Some(1.999_999_999_999_999_8)),
            ("0x1p-1074", Some(5e-324)),
            ("0x1p-1075", Some(0.0)),
            ("0x1.8p-1075", Some(5e-324)),
            ("0x0p99999999999999999999", Some(0.0)),
            ("0x1p99999999999999999999", None),
            ("-0x1.8p0", Some(-1.5)),
            ("1e999", None),
            ("1e-999", Some(0.0)),
            ("0755", Some(755.0)),
            ("1e5 ", None),
            ("", None),
            ("+", None),
            ("e5", None),
            ("1f", None),
        ] {
            assert_eq!(go_float(text), expected, "{text}");
        }
        assert!(go_float("NaN").is_some_and(f64::is_nan) && go_float("+NaN").is_none());
    }
}
