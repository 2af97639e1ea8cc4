//! Which version of HTTP a connection speaks: told by its first bytes.

use std::io;

use tokio::net::TcpStream;

/// What HTTP/2 begins with where both sides know beforehand.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Http1,
    Http2,
}

/// The version, and the bytes it was told by.
pub(super) async fn read(stream: &TcpStream) -> io::Result<(Version, Vec<u8>)> {
    let (mut first, mut len) = ([0; PREFACE.len()], 0);
    loop {
        if let Some(version) = told_by(&first[..len]) {
            return Ok((version, first[..len].to_vec()));
        }
        stream.readable().await?;
        match stream.try_read(&mut first[len..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => len += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

fn told_by(bytes: &[u8]) -> Option<Version> {
    match bytes {
        _ if bytes == PREFACE => Some(Version::Http2),
        _ if PREFACE.starts_with(bytes) => None,
        _ => Some(Version::Http1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_tells() {
        for (bytes, expected) in [
            (&b""[..], None),
            (b"PRI * HTTP/2", None),
            (PREFACE, Some(Version::Http2)),
            (b"P", None),
            (b"PO", Some(Version::Http1)),
            (b"GET", Some(Version::Http1)),
        ] {
            assert_eq!(told_by(bytes), expected, "{bytes:?}");
        }
    }
}
