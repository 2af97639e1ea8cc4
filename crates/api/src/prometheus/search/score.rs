//! How much a text resembles a term, from 0 to 1.

/// How texts are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// The term's characters occur in order; runs count more, gaps count less.
    Subsequence,
    /// The term occurs as it is, or the texts are alike by Jaro and Winkler.
    JaroWinkler,
}

impl Algorithm {
    /// The score of a text that is close enough.
    pub(super) fn score(self, term: &str, text: &str, threshold: f64) -> Option<f64> {
        match self {
            Self::Subsequence if text.starts_with(term) => Some(1.0),
            Self::Subsequence => Some(subsequence(term, text)).filter(|score| *score > 0.0 && *score >= threshold),
            Self::JaroWinkler => substring(term, text).or_else(|| {
                let alike = (threshold > 0.0).then(|| jaro_winkler(term, text));
                alike.filter(|score| *score >= threshold)
            }),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths of names")]
fn float(count: usize) -> f64 {
    count as f64
}

/// 1 at the front of the text, less the later the term occurs, never less than a tenth.
fn substring(term: &str, text: &str) -> Option<f64> {
    let before = &text[..text.find(term)?];
    let last = text.chars().count().saturating_sub(term.chars().count());
    Some(if last == 0 { 1.0 } else { 1.0 - 0.9 * float(before.chars().count()) / float(last) })
}

/// The best of all places the term may begin at: squares of the runs' lengths, less the gaps' share of the text, trailing
/// characters at half.
fn subsequence(term: &str, text: &str) -> f64 {
    let (term, text): (Vec<char>, Vec<char>) = (term.chars().collect(), text.chars().collect());
    if term == text {
        return 1.0;
    }
    let starts = 0..(text.len() + 1).saturating_sub(term.len());
    let starts = starts.filter(|&at| term.first() == text.get(at));
    let best = starts.map_while(|at| subsequence_from(&term, &text, at)).fold(0.0, f64::max);
    best / float(term.len() * term.len()).max(1.0) * 0.999
}

fn subsequence_from(term: &[char], text: &[char], start: usize) -> Option<f64> {
    let (mut score, mut end, mut matched) = (0.0, 0, 0);
    while matched < term.len() {
        let from = end.max(start) + text[end.max(start)..].iter().position(|c| *c == term[matched])?;
        let run = text[from..].iter().zip(&term[matched..]).take_while(|(a, b)| a == b).count();
        score += float(run * run) - float(from - end) / float(text.len());
        (end, matched) = (from + run, matched + run);
    }
    Some(score - 0.5 * float(text.len() - end) / float(text.len()))
}

/// Source: W. E. Winkler, "String Comparator Metrics and Enhanced Decision Rules", 1990; prefix scale 0.1.
fn jaro_winkler(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let jaro = jaro(&short, &long);
    let prefix = short.iter().zip(&long).take(4).take_while(|(a, b)| a == b).count();
    jaro + 0.1 * float(prefix) * (1.0 - jaro)
}

fn jaro(short: &[char], long: &[char]) -> f64 {
    let reach = (long.len() / 2).saturating_sub(1);
    let mut taken = vec![false; long.len()];
    let mut matched = Vec::new();
    for (i, c) in short.iter().enumerate() {
        let window = i.saturating_sub(reach)..(i + reach + 1).min(long.len());
        if let Some(j) = window.into_iter().find(|&j| !taken[j] && long[j] == *c) {
            taken[j] = true;
            matched.push(*c);
        }
    }
    if matched.is_empty() {
        return 0.0;
    }
    let others = long.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(c, _)| c);
    let moved = matched.iter().zip(others).filter(|(a, b)| a != b).count();
    let count = float(matched.len());
    (count / float(short.len()) + count / float(long.len()) + (count - float(moved) / 2.0) / count) / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closer_texts_score_higher_and_strangers_not_at_all() {
        for (term, text, expected) in [
            ("http", "http_requests_total", Some(1.0)),
            ("abc", "abc", Some(1.0)),
            // (4·4 - 5/9) / 16 · 0.999
            ("node", "kube_node", Some((16.0 - 5.0 / 9.0) / 16.0 * 0.999)),
            ("hrt", "xyz", None),
            ("toolong", "tool", None),
        ] {
            assert_eq!(Algorithm::Subsequence.score(term, text, 0.0), expected, "{term} in {text}");
        }
        let [near, far] = ["go_routines", "got_a_longer_rt"].map(|t| subsequence("grt", t));
        assert!(near > far, "{near} {far}");
    }

    #[test]
    fn jaro_and_winkler_agree_with_their_paper() {
        for (a, b, expected) in [("MARTHA", "MARHTA", 0.961), ("DWAYNE", "DUANE", 0.84), ("DIXON", "DICKSONX", 0.813)] {
            assert!((jaro_winkler(a, b) - expected).abs() < 0.001, "{a} {b} {}", jaro_winkler(a, b));
        }
        let late = Algorithm::JaroWinkler.score("b", "ab", 0.0).expect("it is in there");
        assert!((late - 0.1).abs() < 1e-9, "{late}");
        assert_eq!(Algorithm::JaroWinkler.score("x", "ab", 0.0), None);
    }
}
