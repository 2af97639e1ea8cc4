//! Lines of samples.

use aio_types::{Exemplar, TimestampMs};

use super::escaping::{Escaping, is_plain_label, is_plain_metric, quote};
use super::number::{write_time, write_value};

/// Name and labels of a series as they stand before each of its samples. Two series that are the same to a reader have
/// the same text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SeriesText {
    text: String,
    is_quoted: bool,
}

impl SeriesText {
    /// A series of this name with these labels, `__name__` not among them. `None` where escaping gives two labels the
    /// same name.
    #[must_use]
    pub fn new<'a>(name: &str, labels: impl Iterator<Item = (&'a str, &'a str)>, escaping: Escaping) -> Option<Self> {
        let mut labels: Vec<_> = labels.map(|(name, value)| (escaping.label(name), value)).collect();
        labels.sort_unstable();
        if labels.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return None;
        }
        let name = escaping.metric(name);
        let mut pairs = Pairs { out: String::new(), is_first: true, is_quoted: false };
        if is_plain_metric(&name) {
            pairs.out.push_str(&name);
            pairs.out.push_str(if labels.is_empty() { "" } else { "{" });
        } else {
            pairs.out.push('{');
            pairs.name(&name, false);
        }
        labels.iter().for_each(|(name, value)| pairs.pair(name, value));
        if pairs.out.len() > name.len() {
            pairs.out.push('}');
        }
        Some(Self { text: pairs.out, is_quoted: pairs.is_quoted })
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a name in it is quoted, which readers before Prometheus 3 refuse.
    #[must_use]
    pub fn is_quoted(&self) -> bool {
        self.is_quoted
    }
}

struct Pairs {
    out: String,
    is_first: bool,
    is_quoted: bool,
}

impl Pairs {
    /// A name between braces, behind a comma where it needs one.
    fn name(&mut self, name: &str, is_plain: bool) {
        self.out.push_str(if self.is_first { "" } else { "," });
        self.is_first = false;
        if is_plain {
            self.out.push_str(name);
        } else {
            self.is_quoted = true;
            quote(&mut self.out, name);
        }
    }

    fn pair(&mut self, name: &str, value: &str) {
        self.name(name, is_plain_label(name));
        self.out.push('=');
        quote(&mut self.out, value);
    }
}

/// Appends a sample, without the end of its line.
pub fn write_sample(out: &mut String, series: &SeriesText, t: TimestampMs, v: f64) {
    out.push_str(&series.text);
    out.push(' ');
    write_value(out, v);
    out.push(' ');
    write_time(out, t);
}

/// Appends an exemplar to a sample.
pub fn write_exemplar(out: &mut String, exemplar: &Exemplar, escaping: Escaping) {
    out.push_str(" # {");
    let mut pairs = Pairs { out: std::mem::take(out), is_first: true, is_quoted: false };
    exemplar.labels.iter().for_each(|(name, value)| pairs.pair(&escaping.label(name), value));
    *out = pairs.out;
    out.push_str("} ");
    write_value(out, exemplar.sample.v);
    out.push(' ');
    write_time(out, exemplar.sample.t);
}

#[cfg(test)]
mod tests {
    use aio_types::{Labels, Sample};

    use super::*;

    fn text(name: &str, labels: &[(&str, &str)], escaping: Escaping) -> Option<String> {
        SeriesText::new(name, labels.iter().copied(), escaping).map(|series| series.text)
    }

    #[test]
    fn series_are_written_plain_or_quoted() {
        for (name, labels, expected) in [
            ("up", &[][..], "up"),
            ("up", &[("job", "a\"b")], r#"up{job="a\"b"}"#),
            ("a.b", &[], r#"{"a.b"}"#),
            ("a.b", &[("x", "1"), ("c.d", "2")], r#"{"a.b","c.d"="2",x="1"}"#),
            ("up", &[("c.d", "2")], r#"up{"c.d"="2"}"#),
        ] {
            assert_eq!(text(name, labels, Escaping::Quoted).as_deref(), Some(expected));
        }
        let labels = [("c.d", "2"), ("z", "3")];
        assert_eq!(text("a.b", &labels, Escaping::Underscores).as_deref(), Some(r#"a_b{c_d="2",z="3"}"#));
        assert_eq!(text("a", &[("c.d", "2"), ("c_d", "3")], Escaping::Underscores), None);
        let is_quoted = |name, label| {
            SeriesText::new(name, [(label, "v")].into_iter(), Escaping::Quoted).expect("unique").is_quoted()
        };
        assert!(!is_quoted("a", "b") && is_quoted("a.", "b") && is_quoted("a", "b."));
    }

    #[test]
    fn a_line_has_value_time_and_exemplar() {
        let series = SeriesText::new("a_total", [("b", "c")].into_iter(), Escaping::Quoted).expect("unique");
        let mut out = String::new();
        write_sample(&mut out, &series, TimestampMs(1_500), 2.5);
        let labels = Labels::from_pairs([("span.id", "s"), ("trace_id", "t")]);
        let exemplar = Exemplar { labels, sample: Sample { t: TimestampMs(1_000), v: 0.5 } };
        write_exemplar(&mut out, &exemplar, Escaping::Underscores);
        assert_eq!(out, r#"a_total{b="c"} 2.5 1.500 # {span_id="s",trace_id="t"} 0.5 1"#);
    }
}
