use aio_kit::bytes::Reader;
use proptest::prelude::*;

use super::*;

fn packed(lines: &[&str]) -> Vec<u8> {
    let mut symbols = Symbols::default();
    lines.iter().for_each(|line| symbols.line(line, |_| {}));
    pack(lines.iter().copied(), &symbols).expect("packs")
}

fn ends(lines: &[&str]) -> Vec<usize> {
    let ends = lines.iter().scan(0, |at, line| {
        *at += line.len();
        Some(*at)
    });
    ends.collect()
}

/// Of all lines, and of the first of them.
fn check(lines: &[&str]) -> usize {
    let bytes = packed(lines);
    for len in [lines.len(), lines.len() / 2] {
        let lines = &lines[..len];
        let text = Sections::read(&mut Reader(&bytes)).and_then(|s| s.unpack(&ends(lines))).expect("unpacks");
        assert_eq!(String::from_utf8(text).expect("text"), lines.concat());
    }
    bytes.len()
}

#[test]
fn lines_come_back() {
    check(&[]);
    check(&["", "", ""]);
    check(&["a", "7", "\u{1}\u{2}", "ü"]);
    let id = "trace=4bf92f3577b34da6a3ce929d0e0e4736 again=4bf92f3577b34da6a3ce929d0e0e4736";
    check(&[id, "other=00f067aa0ba902b7", id, id]);
    let long = ["0123456789abcdefg"; 40].concat();
    check(&[&long, &long, "short7", &"ab".repeat(70), &"1".repeat(33), &"1".repeat(32)]);
    check(&["took 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"; 5]);
}

#[test]
fn every_byte_that_text_can_have() {
    let all: String = (0..0x80_u32).chain((0x80..0x11_0000).step_by(97)).filter_map(char::from_u32).collect();
    let lines: Vec<String> = (0..4).map(|i| format!("{all} word word word {i}{all}")).collect();
    check(&lines.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn more_words_than_codes() {
    let word = |i: u32| (0..4).map(|n| char::from(b'a' + u8::try_from(i >> (n * 4) & 15).expect("small"))).collect();
    let words: Vec<String> = (0..6000).map(word).collect();
    let line = words.join(" ");
    check(&[&line, &line, &line, &line]);
}

#[test]
fn what_is_alike_takes_little() {
    let lines: Vec<String> = (0..1000)
        .map(|i| format!("ts=2026-11-26T23:16:32Z level=info msg=\"request done\" peer=10.0.0.{} took=12ms", i % 2))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let bytes = check(&lines);
    assert!(bytes < 1000, "{bytes}");
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(
        words in prop::collection::vec(prop_oneof!["[a-c]{1,3}", "\\PC{0,6}", "[0-9a-f]{14,20}", "[0-9]{1,40}", " =\""], 1..8),
        picks in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..12), 0..20),
    ) {
        let line = |picks: &Vec<prop::sample::Index>| picks.iter().map(|p| p.get(&words).as_str()).collect::<String>();
        let lines: Vec<String> = picks.iter().map(line).collect();
        check(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn damage_is_no_panic(section in 0..4_usize, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let lines = ["took=12ms id=4bf92f3577b34da6a3ce929d0e0e4736 peer=10.0.0.7"; 8];
        let packed = packed(&lines);
        let mut from = Reader(&packed);
        let mut sections = Sections::read(&mut from).expect("sections");
        let bytes = match section {
            0 => &mut sections.table,
            1 => &mut sections.codes,
            2 => &mut sections.digits,
            _ => &mut sections.others,
        };
        let place = at.index(bytes.len());
        bytes[place] = byte;
        let text = sections.unpack(&ends(&lines));
        prop_assert!(text.is_none_or(|t| t.len() == lines.concat().len()));
    }
}
