//! Which format a client asks for.

use crate::openmetrics::Escaping;

/// How a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The text format, version 0.0.4.
    Text,
    /// `MetricFamily` messages, each behind its length.
    Protobuf,
}

/// How a page is written, and what becomes of names that the classic character set cannot spell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// How it is written.
    pub encoding: Encoding,
    /// How names are.
    pub escaping: Escaping,
}

impl Format {
    /// The best that the `Accept` header and this server share; text with escaped names for those who do not say.
    #[must_use]
    pub fn negotiate(accept: &str) -> Self {
        let mut escaping = Escaping::Underscores;
        for entry in entries(accept) {
            escaping = entry.parameter("escaping").and_then(scheme).unwrap_or(escaping);
            if let Some(encoding) = entry.encoding() {
                return Self { encoding, escaping };
            }
        }
        Self { encoding: Encoding::Text, escaping }
    }

    /// The value of the `Content-Type` header.
    #[must_use]
    pub fn content_type(self) -> String {
        let media = match self.encoding {
            Encoding::Text => "text/plain; version=0.0.4; charset=utf-8",
            Encoding::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        };
        let scheme = SCHEMES.iter().find(|(_, escaping)| *escaping == self.escaping).map_or("", |(name, _)| name);
        format!("{media}; escaping={scheme}")
    }
}

const SCHEMES: [(&str, Escaping); 4] = [
    ("allow-utf-8", Escaping::Quoted),
    ("underscores", Escaping::Underscores),
    ("dots", Escaping::Dots),
    ("values", Escaping::Values),
];

fn scheme(name: &str) -> Option<Escaping> {
    SCHEMES.iter().find(|(known, _)| *known == name).map(|(_, escaping)| *escaping)
}

/// A media range with its parameters.
struct Entry<'a> {
    media: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    weight: f32,
}

impl<'a> Entry<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().filter(|media| !media.is_empty())?;
        let parameters: Vec<_> = parts
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
            .collect();
        let weight = parameters.iter().find(|(name, _)| *name == "q").map_or(1.0, |(_, q)| q.parse().unwrap_or(1.0));
        Some(Self { media, parameters, weight })
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn encoding(&self) -> Option<Encoding> {
        match self.media {
            "application/vnd.google.protobuf"
                if self.parameter("proto") == Some("io.prometheus.client.MetricFamily")
                    && self.parameter("encoding") == Some("delimited") =>
            {
                Some(Encoding::Protobuf)
            }
            "text/plain" if self.parameter("version").is_none_or(|version| version == "0.0.4") => Some(Encoding::Text),
            _ => None,
        }
    }
}

/// What the header lists, the most wanted first.
fn entries(accept: &str) -> Vec<Entry<'_>> {
    let mut entries: Vec<_> = accept.split(',').filter_map(Entry::parse).collect();
    entries.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_wanted_known_format_is_taken() {
        const PROTO: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily";
        let prometheus = format!(
            "{PROTO};encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        );
        for (accept, encoding, escaping) in [
            ("", Encoding::Text, Escaping::Underscores),
            ("*/*", Encoding::Text, Escaping::Underscores),
            (prometheus.as_str(), Encoding::Protobuf, Escaping::Underscores),
            (&format!("{PROTO};encoding=delimited;escaping=allow-utf-8"), Encoding::Protobuf, Escaping::Quoted),
            (&format!("{PROTO};encoding=text"), Encoding::Text, Escaping::Underscores),
            (&format!("{PROTO};encoding=delimited;q=0.2,text/plain;q=0.4"), Encoding::Text, Escaping::Underscores),
            ("text/plain; version=\"0.0.4\"; escaping=values", Encoding::Text, Escaping::Values),
            ("text/plain;version=1.0.0;escaping=dots,*/*", Encoding::Text, Escaping::Dots),
            ("text/plain;escaping=unheard-of", Encoding::Text, Escaping::Underscores),
            (";;,=,;q=x", Encoding::Text, Escaping::Underscores),
        ] {
            assert_eq!(Format::negotiate(accept), Format { encoding, escaping }, "{accept}");
        }
    }

    #[test]
    fn the_format_is_named() {
        let format = Format { encoding: Encoding::Text, escaping: Escaping::Underscores };
        assert_eq!(format.content_type(), "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    }
}
