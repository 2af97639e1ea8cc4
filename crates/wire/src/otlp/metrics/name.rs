//! Names of metrics.

use std::borrow::Cow;

use super::fault::Fault;
use super::strategy::Strategy;
use super::unit;

/// What of a metric's kind shows in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A monotonic sum: `total` comes last.
    Counter,
    /// A gauge: of unit `1` it is a ratio.
    Gauge,
    /// Everything else.
    Other,
}

/// The name a metric gets.
pub(super) fn translate(name: &str, unit: &str, kind: Kind, strategy: Strategy) -> Result<String, Fault> {
    let translated = match (strategy.escapes(), strategy.adds_suffixes()) {
        (true, true) => spelled(name, unit, kind),
        (true, false) => escaped(name),
        (false, true) => extended(name, unit, kind),
        (false, false) => name.to_owned(),
    };
    let nothing_left =
        translated.is_empty() || strategy.escapes() && translated != name && only_underscores(&translated);
    if nothing_left { Err(Fault::MetricName) } else { Ok(translated) }
}

fn only_underscores(name: &str) -> bool {
    name.bytes().all(|b| b == b'_')
}

/// The words of the name, then those of the unit that are not among them, then the kind.
fn spelled(name: &str, unit: &str, kind: Kind) -> String {
    let mut words: Vec<Cow<'_, str>> =
        name.split(|c| !is_classic(c)).filter(|w| !w.is_empty()).map(Cow::from).collect();
    for word in unit_words(&words, unit) {
        words.push(word.into());
    }
    match kind {
        Kind::Counter => move_last(&mut words, "total"),
        Kind::Gauge if unit == "1" => move_last(&mut words, "ratio"),
        Kind::Gauge | Kind::Other => {}
    }
    not_a_digit_first(words.join("_"))
}

/// What of a unit is to be added. Both of its parts are looked up before either is added.
fn unit_words(words: &[Cow<'_, str>], unit: &str) -> impl Iterator<Item = String> + use<> {
    let (main, per) = unit::words(unit);
    let (mut main, mut per) = (unit::cleaned(main), unit::cleaned(&per));
    if per.ends_with('_') {
        per.pop();
    }
    if per == "per" || words.iter().any(|w| *w == per) {
        per.clear();
    }
    if words.iter().any(|w| *w == main) {
        main.clear();
    }
    if !per.is_empty() && main.ends_with('_') {
        main.pop();
    }
    [main, per].into_iter().filter(|w| !w.is_empty())
}

fn move_last(words: &mut Vec<Cow<'_, str>>, word: &'static str) {
    words.retain(|w| w != word);
    words.push(word.into());
}

/// Runs of other characters become one `_` each, those at the ends nothing; `_` of the name stay.
fn escaped(name: &str) -> String {
    let parts = name.split(|c| !is_classic(c) && c != '_').filter(|part| !part.is_empty());
    not_a_digit_first(parts.collect::<Vec<_>>().join("_"))
}

/// The name as it is, and behind it what is not there yet of unit and kind.
fn extended(name: &str, unit: &str, kind: Kind) -> String {
    let last = match kind {
        Kind::Counter => "total",
        Kind::Gauge if unit == "1" => "ratio",
        Kind::Gauge | Kind::Other => "",
    };
    let (main, per) = unit::words(unit);
    let stem = without_suffix(without_suffix(name, last), &per);
    let main = if stem.ends_with(main) { "" } else { main };
    let mut out = stem.to_owned();
    for word in [main, &per, last].into_iter().filter(|word| !word.is_empty()) {
        out.push('_');
        out.push_str(word);
    }
    out
}

/// Cuts off the suffix and the character before it, whatever delimits the two.
fn without_suffix<'n>(name: &'n str, suffix: &str) -> &'n str {
    let Some(stem) = name.strip_suffix(suffix).filter(|_| !suffix.is_empty()) else { return name };
    let mut characters = stem.chars();
    match (characters.next_back(), characters.as_str()) {
        (Some(_), rest) if !rest.is_empty() => rest,
        _ => name,
    }
}

fn is_classic(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == ':'
}

fn not_a_digit_first(name: String) -> String {
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests;
