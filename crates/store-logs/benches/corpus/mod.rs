//! Lines as services write them: JSON, logfmt, nginx, klog and Python tracebacks; the same every time.

use aio_types::{Labels, LogEntry, LogsWrite, StreamWrite, TimestampNs};

/// Streams written to in turn.
pub(crate) const STREAMS: u64 = 40;

/// Numbers that look random and are the same every time.
#[derive(Debug)]
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    /// 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let at = self.below(all.len() as u64);
        all[usize::try_from(at).unwrap_or(0)]
    }
}

const LEVELS: [&str; 10] = ["info", "info", "info", "info", "info", "debug", "debug", "debug", "warn", "error"];
const WORDS: [&str; 32] = [
    "request",
    "handled",
    "connection",
    "refused",
    "timeout",
    "while",
    "reading",
    "upstream",
    "retrying",
    "cache",
    "miss",
    "user",
    "session",
    "started",
    "finished",
    "payment",
    "order",
    "queue",
    "worker",
    "database",
    "commit",
    "rollback",
    "slow",
    "query",
    "lock",
    "acquired",
    "released",
    "shutdown",
    "config",
    "reload",
    "peer",
    "healthy",
];
const PATHS: [&str; 8] =
    ["/api/users", "/api/orders", "/healthz", "/api/cart", "/static/app.js", "/login", "/api/search", "/metrics"];

fn words(noise: &mut Noise, n: u64) -> String {
    (0..n).map(|_| noise.of(&WORDS)).collect::<Vec<_>>().join(" ")
}

/// One line of stream number `stream` at `ts`.
pub(crate) fn line(noise: &mut Noise, stream: u64, ts: TimestampNs) -> String {
    let time = ts.to_rfc3339();
    let n = 3 + noise.below(5);
    let message = words(noise, n);
    let level = noise.of(&LEVELS);
    let (a, b, c) = (noise.next(), noise.next(), noise.below(2_000));
    match stream % 5 {
        0 => format!(
            "{{\"ts\":\"{time}\",\"level\":\"{level}\",\"logger\":\"http.server\",\"msg\":\"{message}\",\"method\":\"GET\",\
             \"path\":\"{}/{}\",\"status\":{},\"duration_ms\":{c},\"trace_id\":\"{a:016x}{b:016x}\",\"user_id\":{}}}",
            noise.of(&PATHS),
            noise.below(100_000),
            200 + 100 * noise.below(4),
            noise.below(50_000)
        ),
        1 => format!(
            "ts={time} level={level} caller=worker.go:{} msg=\"{message}\" tenant=t{} duration={c}ms bytes={} \
             traceID={a:016x}{b:016x}",
            noise.below(400),
            noise.below(50),
            noise.below(1_000_000)
        ),
        2 => format!(
            "10.{}.{}.{} - - [{time}] \"GET {}?id={} HTTP/1.1\" {} {} \"-\" \"Mozilla/5.0 (X11; Linux x86_64) \
             AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\" {c} 0.{:03} \"-\" {a:032x}",
            noise.below(256),
            noise.below(256),
            noise.below(256),
            noise.of(&PATHS),
            noise.below(100_000),
            200 + 100 * noise.below(4),
            noise.below(100_000),
            noise.below(1_000)
        ),
        3 => format!(
            "{}{} {:7} {}.go:{}] \"{message}\" pod=\"kube-system/coredns-{:05x}\" node=\"node-{}\" uid=\"{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}\"",
            level[..1].to_ascii_uppercase(),
            &time[5..19],
            noise.below(9_999),
            noise.of(&WORDS),
            noise.below(2_000),
            noise.below(1 << 20),
            noise.below(20),
            a >> 32,
            a & 0xffff,
            b & 0xfff,
            b >> 52,
            b >> 8 & 0xffff_ffff_ffff
        ),
        _ if noise.below(8) == 0 => {
            let frames: String = (0..4 + noise.below(8))
                .map(|_| {
                    let (file, at, call) = (noise.of(&WORDS), noise.below(900), noise.of(&WORDS));
                    format!("  File \"/usr/lib/python3/site-packages/shop/{file}.py\", line {at}, in {call}\n    return self.{call}(*args, **kwargs)\n")
                })
                .collect();
            format!(
                "{time} ERROR [shop.{}] [main.py:{}] [trace_id={a:016x}{b:016x} span_id={:016x}] - {message}\nTraceback (most recent call last):\n{frames}ValueError: {message}",
                noise.of(&WORDS),
                noise.below(300),
                noise.next()
            )
        }
        _ => format!(
            "{time} {} [shop.{}] [main.py:{}] [trace_id={a:016x}{b:016x} span_id={:016x} resource.service.name=shop] - {message}",
            level.to_ascii_uppercase(),
            noise.of(&WORDS),
            noise.below(300),
            noise.next()
        ),
    }
}

/// A request with about `bytes` of lines; times ascend from `at`, which moves on. Returns how many bytes it was.
pub(crate) fn write(noise: &mut Noise, at: &mut i64, bytes: usize) -> (LogsWrite, usize) {
    let mut streams: Vec<StreamWrite> = (0..STREAMS)
        .map(|i| {
            let labels = Labels::from_pairs([
                ("app", format!("app-{}", i % 10)),
                ("namespace", format!("team-{}", i % 4)),
                ("pod", format!("app-{}-{i}", i % 10)),
                ("service_name", format!("app-{}", i % 10)),
            ]);
            StreamWrite { labels, entries: Vec::new() }
        })
        .collect();
    let mut raw = 0;
    while raw < bytes {
        let stream = noise.below(STREAMS);
        *at += 1_000 + i64::try_from(noise.below(400_000)).unwrap_or(0);
        let ts = TimestampNs(*at);
        let line = line(noise, stream, ts);
        raw += line.len();
        let level = LEVELS.iter().find(|l| line.to_ascii_lowercase().contains(*l)).unwrap_or(&"unknown");
        let metadata = Labels::from_pairs([("detected_level", *level)]);
        streams[usize::try_from(stream).unwrap_or(0)].entries.push(LogEntry { ts, line: line.into(), metadata });
    }
    streams.retain(|s| !s.entries.is_empty());
    (LogsWrite { streams }, raw)
}
