//! Follows the requests of an HTTP/1 connection through its bytes, and moves a query too long for a URI into a header.
//!
//! ```text
//!   GET /path?query HTTP/1.1        GET /path HTTP/1.1
//!   Host: h                   ──>   HEADER: query
//!                                   Host: h
//! ```
//!
//! Everything else passes as it came: a request line is held back until it is whole, nothing else is. Where bytes make
//! no sense the rest of the connection passes unseen: refusing it is the server's business.
//!
//! Few connections at a time may be within a request whose head is large: what heads take in memory is bounded by them.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Longest request line that stays as it is; the server's URIs end at 64 KiB.
const LINE_BYTES_PLAIN: usize = 60 << 10;
/// Longest request line that is made to fit.
const LINE_BYTES_MAX: usize = 1 << 20;
/// A head of more bytes than this is a large one.
const HEAD_BYTES_SMALL: usize = 64 << 10;
/// So much of any other line is looked at.
const LINE_BYTES_SEEN: usize = 256;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    RequestLine,
    Head(Body),
    ChunkSize,
    Trailers,
    /// Bytes of a body without a meaning here.
    Data {
        left: u64,
        chunked: bool,
    },
    /// Nothing is known from here on.
    Opaque,
}

/// How the body that follows a head ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Length(u64),
    Chunked,
    /// In no way we know, or there is another protocol after the head.
    Unknown,
}

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct Requests {
    at: At,
    /// What was seen of the line under way.
    line: Vec<u8>,
    /// The name of the header that takes long queries.
    header: &'static str,
    head_bytes: usize,
    /// Room for large heads, shared by the connections.
    room: Arc<Semaphore>,
    /// This request's share of the room.
    share: Option<OwnedSemaphorePermit>,
}

/// There is no room for one more large head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Requests {
    /// A connection at its first request.
    pub(crate) fn new(header: &'static str, room: Arc<Semaphore>) -> Self {
        Self { at: At::RequestLine, line: Vec::new(), header, head_bytes: 0, room, share: None }
    }

    /// A connection of another protocol.
    pub(super) fn opaque(room: Arc<Semaphore>) -> Self {
        Self { at: At::Opaque, ..Self::new("", room) }
    }

    /// Takes bytes as they arrived, appends to `out` what the server is to see.
    ///
    /// # Errors
    /// [`NoRoom`], and the connection is to be closed.
    pub(crate) fn pass(&mut self, mut input: &[u8], out: &mut Vec<u8>) -> Result<(), NoRoom> {
        while !input.is_empty() {
            input = match self.unseen() {
                None => self.pass_line(input, out)?,
                Some(count) => {
                    let count = usize::try_from(count).unwrap_or(usize::MAX).min(input.len());
                    out.extend_from_slice(&input[..count]);
                    self.skip(count);
                    &input[count..]
                }
            }
        }
        Ok(())
    }

    /// The connection ends: what was held back is the server's.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.at == At::RequestLine {
            out.append(&mut self.line);
        }
        self.at = At::Opaque;
    }

    /// How many bytes need not be passed through here but only counted by [`Self::skip`].
    pub(super) fn unseen(&self) -> Option<u64> {
        match self.at {
            At::Data { left, .. } => Some(left),
            At::Opaque => Some(u64::MAX),
            _ => None,
        }
    }

    pub(super) fn skip(&mut self, count: usize) {
        let At::Data { left, chunked } = self.at else { return };
        let left = left.saturating_sub(count as u64);
        self.go(if left > 0 { At::Data { left, chunked } } else { after_data(chunked) });
    }

    /// A request that is whole gives its share back.
    fn go(&mut self, at: At) {
        if at == At::RequestLine {
            self.share = None;
            self.head_bytes = 0;
        }
        self.at = at;
    }

    /// Counts bytes of a head.
    fn weigh(&mut self, bytes: usize) -> Result<(), NoRoom> {
        self.head_bytes = self.head_bytes.saturating_add(bytes);
        if self.head_bytes > HEAD_BYTES_SMALL && self.share.is_none() {
            self.share = Some(Arc::clone(&self.room).try_acquire_owned().map_err(|_| NoRoom)?);
        }
        Ok(())
    }

    /// Up to the end of the line, or of the input.
    fn pass_line<'i>(&mut self, input: &'i [u8], out: &mut Vec<u8>) -> Result<&'i [u8], NoRoom> {
        let end = input.iter().position(|b| *b == b'\n').map(|at| at + 1);
        let (part, rest) = input.split_at(end.unwrap_or(input.len()));
        if matches!(self.at, At::RequestLine | At::Head(_)) {
            self.weigh(part.len())?;
        }
        if self.at == At::RequestLine {
            self.line.extend_from_slice(part);
        } else {
            out.extend_from_slice(part);
            let room = LINE_BYTES_SEEN.saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(room)]);
        }
        if end.is_some() {
            let mut line = std::mem::take(&mut self.line);
            self.go(self.after(&line, out));
            line.clear();
            line.shrink_to(LINE_BYTES_SEEN);
            self.line = line;
        } else if self.line.len() > LINE_BYTES_MAX {
            self.finish(out);
        }
        Ok(rest)
    }

    /// What comes after a whole line.
    fn after(&self, line: &[u8], out: &mut Vec<u8>) -> At {
        let text = line.trim_ascii();
        match self.at {
            At::RequestLine => {
                write_request_line(line, self.header, out);
                match text {
                    [] => At::RequestLine,
                    _ if text.starts_with(b"CONNECT ") => At::Opaque,
                    _ => At::Head(Body::Length(0)),
                }
            }
            At::Head(body) if text.is_empty() => match body {
                Body::Length(0) => At::RequestLine,
                Body::Length(left) => At::Data { left, chunked: false },
                Body::Chunked => At::ChunkSize,
                Body::Unknown => At::Opaque,
            },
            At::Head(body) => At::Head(body.after_header(text)),
            At::ChunkSize => match chunk_size(text) {
                Some(0) => At::Trailers,
                // The end of line behind the data counts as data.
                Some(size) => At::Data { left: size.saturating_add(2), chunked: true },
                None => At::Opaque,
            },
            At::Trailers if text.is_empty() => At::RequestLine,
            other => other,
        }
    }
}

fn after_data(chunked: bool) -> At {
    if chunked { At::ChunkSize } else { At::RequestLine }
}

impl Body {
    /// As one more header says; chunks win over a length.
    fn after_header(self, line: &[u8]) -> Self {
        let Some(colon) = line.iter().position(|b| *b == b':') else { return Self::Unknown };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"upgrade") {
            return Self::Unknown;
        }
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let is_chunked = value.len() >= 7 && value[value.len() - 7..].eq_ignore_ascii_case(b"chunked");
            return if is_chunked && self != Self::Unknown { Self::Chunked } else { Self::Unknown };
        }
        if name.eq_ignore_ascii_case(b"content-length") && matches!(self, Self::Length(_)) {
            let length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            return length.map_or(Self::Unknown, Self::Length);
        }
        self
    }
}

/// The number a chunk begins with; extensions follow it.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    u64::from_str_radix(std::str::from_utf8(&line[..digits]).ok()?, 16).ok()
}

/// The line as it came, or with its query on a line of its own.
fn write_request_line(line: &[u8], header: &str, out: &mut Vec<u8>) {
    let moved = (line.len() > LINE_BYTES_PLAIN).then(|| split(line)).flatten();
    let Some([before, query, after]) = moved else { return out.extend_from_slice(line) };
    out.reserve(line.len() + header.len() + 8);
    for part in [before, after, header.as_bytes(), b": ", query, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// What is before the `?` of a request line, the query, and what is behind it, where they can be told apart safely.
fn split(line: &[u8]) -> Option<[&[u8]; 3]> {
    let mark = line.iter().position(|b| *b == b'?')?;
    let query = &line[mark + 1..];
    let end = query.iter().position(|b| *b == b' ')?;
    let (query, after) = query.split_at(end);
    let query = query.split(|b| *b == b'#').next()?;
    let is_plain = query.iter().all(u8::is_ascii_graphic);
    let is_line = line[..mark].iter().filter(|b| **b == b' ').count() == 1 && after.starts_with(b" HTTP/1.");
    (is_plain && is_line).then_some([&line[..mark], query, after])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut requests, mut out) = (Requests::new("x-long", Arc::new(Semaphore::new(1))), Vec::new());
        for piece in pieces {
            requests.pass(piece, &mut out).expect("one request at a time");
        }
        requests.finish(&mut out);
        out
    }

    fn long_get(query: &str) -> String {
        format!("GET /a/b?{query} HTTP/1.1\r\nHost: h\r\n\r\n")
    }

    /// Long requests between others of each kind, and what becomes of them.
    fn conversation() -> (Vec<u8>, Vec<u8>) {
        let query = format!("q={}", "x".repeat(LINE_BYTES_PLAIN));
        let moved = format!("GET /a/b HTTP/1.1\r\nx-long: {query}\r\nHost: h\r\n\r\n");
        let others = [
            "GET /short?q=1 HTTP/1.1\r\nHost: h\r\n\r\n",
            "POST /p HTTP/1.1\r\ncontent-length: 5\r\n\r\nGET /",
            "POST /p HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n\
             A;x=y\r\n0123456789\r\n1\r\n\n\r\n0\r\nTrailer: 1\r\n\r\n",
            "\r\nPUT /p HTTP/1.1\nContent-Length:0\n\n",
        ];
        let (mut sent, mut seen) = (String::new(), String::new());
        for other in others {
            for (text, long) in [(&mut sent, &long_get(&query)), (&mut seen, &moved)] {
                text.push_str(other);
                text.push_str(long);
            }
        }
        (sent.into_bytes(), seen.into_bytes())
    }

    #[test]
    fn long_queries_move_wherever_they_stand_in_a_conversation() {
        let (sent, seen) = conversation();
        assert_eq!(passed(&[&sent]), seen);
    }

    #[test]
    fn how_bytes_arrive_makes_no_difference() {
        let (sent, seen) = conversation();
        let boundaries = (0..130).step_by(3).chain((LINE_BYTES_PLAIN..LINE_BYTES_PLAIN + 300).step_by(5));
        for at in boundaries {
            assert!(passed(&[&sent[..at], &sent[at..]]) == seen, "cut at {at}");
        }
        for size in [1, 2, 3, 1000] {
            assert!(passed(&sent.chunks(size).collect::<Vec<_>>()) == seen, "pieces of {size}");
        }
    }

    #[test]
    fn what_is_not_understood_passes_as_it_came() {
        let long = "x".repeat(LINE_BYTES_PLAIN);
        let get = long_get(&long);
        for text in [
            format!("GET /{long} HTTP/1.1\r\n\r\n"),
            format!("GET /a?{long} b HTTP/1.1\r\n\r\n"),
            format!("GET /a?{long}\u{1} HTTP/1.1\r\n\r\n"),
            format!("GET /a?{long} HTTP/2.0\r\n\r\n"),
            format!("GET /a?{}", "x".repeat(LINE_BYTES_MAX + 1)),
            format!("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n{get}"),
            format!("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n{get}"),
            format!("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n{get}"),
            format!("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{get}"),
            format!("CONNECT h:1 HTTP/1.1\r\n\r\n{get}"),
            "GET / HTT".to_owned(),
        ] {
            assert!(passed(&[text.as_bytes()]) == text.as_bytes(), "{}", &text[..text.len().min(80)]);
        }
    }

    #[test]
    fn large_heads_at_the_same_time_are_bounded() {
        let room = Arc::new(Semaphore::new(1));
        let begun = |text: &str| {
            let mut requests = Requests::new("x-long", Arc::clone(&room));
            requests.pass(text.as_bytes(), &mut Vec::new()).map(|()| requests)
        };
        let large = long_get(&"x".repeat(HEAD_BYTES_SMALL));
        for kept in [
            &large[..large.len() - 2],
            &format!("POST / HTTP/1.1\r\nContent-Length: 2\r\nx: {}\r\n\r\n1", "x".repeat(HEAD_BYTES_SMALL)),
        ] {
            let kept = begun(kept).expect("there is room");
            assert_eq!(begun(&large).map(drop), Err(NoRoom));
            assert!(begun(&long_get("x")).is_ok(), "small ones need none");
            drop(kept);
            let chunks = "1\r\nx\r\n".repeat(HEAD_BYTES_SMALL);
            let chunks = begun(&format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"));
            assert!(chunks.is_ok_and(|requests| requests.share.is_none()), "a body is no head");
            let _whole = begun(&large).expect("there is room again");
            assert!(begun(&large).is_ok(), "a whole request gave it back");
        }
    }

    #[test]
    fn a_fragment_is_no_query() {
        let text = long_get(&format!("{}#f", "x".repeat(LINE_BYTES_PLAIN)));
        assert!(!passed(&[text.as_bytes()]).contains(&b'#'));
    }
}
