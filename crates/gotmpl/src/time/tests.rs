use super::Time;

/// Layout, seconds, nanoseconds, zone to read back in, text. As Go has them.
#[test]
fn times_are_shown_as_go_shows_them() {
    let time = Time::from_unix(1_673_798_889, 90_200_000);
    for (layout, expected) in [
        ("2006-01-02T15:04:05.999999999Z07:00", "2023-01-15T16:08:09.0902Z"),
        ("Mon Jan _2 15:04:05 2006", "Sun Jan 15 16:08:09 2023"),
        ("Monday, 02-Jan-06 3:04PM MST", "Sunday, 15-Jan-23 4:08PM UTC"),
        ("January 2, 002 __2 .000 ,00 .99 -0700 -07:00:00 Z07", "January 15, 015  15 .090 ,09 .09 +0000 +00:00:00 Z"),
        ("no layout", "no layout"),
    ] {
        assert_eq!(time.format(layout), expected, "{layout}");
    }
    assert_eq!(Time::default().format(super::format::STRING), "0001-01-01 00:00:00 +0000 UTC");
    assert_eq!(
        (time.unix(), time.unix_millis(), time.unix_nanos()),
        (1_673_798_889, 1_673_798_889_090, 1_673_798_889_090_200_000)
    );
}

#[test]
fn times_are_read_as_go_reads_them() {
    for (layout, text, zone, expected) in [
        ("2006-01-02", "2023-03-12", "", Some((1_678_579_200, "2023-03-12 00:00:00 +0000 UTC"))),
        (
            "2006-01-02 15:04",
            "2023-07-01 12:00",
            "America/New_York",
            Some((1_688_227_200, "2023-07-01 12:00:00 -0400 EDT")),
        ),
        ("2006-01-02 15:04", "2023-07-01 12:00", "Nowhere", Some((1_688_212_800, "2023-07-01 12:00:00 +0000 UTC"))),
        (
            "2006-01-02T15:04:05Z07:00",
            "2023-07-01T12:00:00.5+02:00",
            "",
            Some((1_688_205_600, "2023-07-01 12:00:00.5 +0200 +0200")),
        ),
        ("Jan _2 3:04PM MST", "jul  4 1:02AM CEST", "", Some((-62_151_231_480, "0000-07-04 01:02:00 +0000 CEST"))),
        ("2006-002", "2024-366", "", Some((1_735_603_200, "2024-12-31 00:00:00 +0000 UTC"))),
        ("2006-01-02", "2023-02-29", "", None),
        ("15:04", "24:00", "", None),
        ("15:04", "12:00 x", "", None),
    ] {
        let found = Time::read(layout, text, zone);
        let found = found.as_ref().map(|time| (time.unix(), time.format(super::format::STRING)));
        assert_eq!(found.as_ref().map(|(unix, text)| (*unix, text.as_str())), expected, "{text}");
    }
}
