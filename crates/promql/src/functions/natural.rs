//! The order in which people expect names with numbers: `a9` before `a10`.

use std::cmp::Ordering;

/// Compares runs of digits by their value and other runs as text; what is equal so is compared as text.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while !left.is_empty() && !right.is_empty() {
        let (run_a, rest_a) = run(left);
        let (run_b, rest_b) = run(right);
        let order = compare_runs(run_a, run_b);
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (rest_a, rest_b);
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// The digits at the start, or what is up to the first digit.
fn run(text: &str) -> (&str, &str) {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit());
    text.split_at(text.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(text.len()))
}

fn compare_runs(a: &str, b: &str) -> Ordering {
    match (a.parse::<i64>(), b.parse::<i64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count() {
        let mut names = ["a10", "a9", "b", "a", "a9b", "10", "9", "a09"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(names, ["9", "10", "a", "a09", "a9", "a9b", "a10", "b"]);
    }
}
