//! The level as a word of the line.

const WORDS: [(&[u8], &str); 9] = [
    (b"trace", "trace"),
    (b"debug", "debug"),
    (b"fatal", "fatal"),
    (b"critical", "critical"),
    (b"error", "error"),
    (b"err", "error"),
    (b"warning", "warn"),
    (b"warn", "warn"),
    (b"info", "info"),
];

/// What may stand before a word.
const OPENS: u8 = 1;
/// What may stand behind it.
const CLOSES: u8 = 2;
/// What words begin with.
const BEGINS: u8 = 4;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    mark(&mut classes, b" \t\n[({\"=", OPENS | CLOSES);
    mark(&mut classes, b"])}:,!", CLOSES);
    mark(&mut classes, b"tdfcewiTDFCEWI", BEGINS);
    classes
};

const fn mark(classes: &mut [u8; 256], bytes: &[u8], class: u8) {
    let mut at = 0;
    while at < bytes.len() {
        classes[bytes[at] as usize] |= class;
        at += 1;
    }
}

fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// The first word of the line that names a level and stands by itself.
pub(super) fn level(line: &str) -> Option<&'static str> {
    let bytes = line.as_bytes();
    let mut before = b' ';
    for (at, byte) in bytes.iter().enumerate() {
        if is(*byte, BEGINS)
            && is(before, OPENS)
            && let Some(level) = at_front(&bytes[at..])
        {
            return Some(level);
        }
        before = *byte;
    }
    None
}

fn at_front(bytes: &[u8]) -> Option<&'static str> {
    let fits = |word: &[u8]| {
        bytes.get(..word.len()).is_some_and(|front| front.eq_ignore_ascii_case(word))
            && bytes.get(word.len()).is_none_or(|next| is(*next, CLOSES))
    };
    WORDS.iter().find(|(word, _)| fits(word)).map(|(_, level)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_that_stands_by_itself_tells() {
        for (line, want) in [
            ("a warn, then an error", Some("warn")),
            ("x:error", None),
            ("(FATAL) x", Some("fatal")),
            ("ts=1 level=err msg=\"all info\"", Some("error")),
            ("2026-01-01 00:00:00 WARNING [x] disk", Some("warn")),
            ("informal terror", None),
            ("GET /error/x", None),
            ("[Error] x", Some("error")),
            ("errors err", Some("error")),
            ("critical", Some("critical")),
            ("trace: x", Some("trace")),
            ("é debug!", Some("debug")),
            ("éinfo", None),
            ("", None),
        ] {
            assert_eq!(level(line), want, "{line}");
        }
        let far = format!("{} error", "x".repeat(100_000));
        assert_eq!(level(&far), Some("error"));
    }
}
