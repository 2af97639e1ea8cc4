//! A connection's bytes as the server reads them, with long queries moved out of the way by [`Requests`].

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::requests::{NoRoom, Requests};

/// Lines are read in pieces of this size; bodies go straight to the server's buffer.
const PIECE_BYTES: usize = 4096;

/// Reads through [`Requests`], writes as is.
pub(super) struct Stream<S> {
    inner: S,
    requests: Requests,
    /// Passed, but not yet read by the server from `given` on.
    passed: Vec<u8>,
    given: usize,
}

impl<S: AsyncRead + Unpin> Stream<S> {
    /// A stream of which `begun` was read already.
    pub(super) fn new(inner: S, requests: Requests, begun: &[u8]) -> io::Result<Self> {
        let mut stream = Self { inner, requests, passed: Vec::new(), given: 0 };
        stream.requests.pass(begun, &mut stream.passed).map_err(no_room)?;
        Ok(stream)
    }

    /// Hands over what has passed; false where there is nothing.
    fn give(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let left = &self.passed[self.given..];
        if left.is_empty() {
            return false;
        }
        let count = left.len().min(buf.remaining());
        buf.put_slice(&left[..count]);
        self.given += count;
        if self.given == self.passed.len() {
            self.passed.clear();
            self.passed.shrink_to(PIECE_BYTES);
            self.given = 0;
        }
        true
    }

    /// Reads what needs no look, up to `count` bytes of it.
    fn read_unseen(&mut self, count: u64, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let before = buf.filled().len();
        if count >= buf.remaining() {
            ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        } else {
            let mut part = ReadBuf::new(buf.initialize_unfilled_to(count));
            ready!(Pin::new(&mut self.inner).poll_read(cx, &mut part))?;
            let read = part.filled().len();
            buf.advance(read);
        }
        self.requests.skip(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }

    /// Reads a piece of lines.
    fn read_lines(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut piece = [0; PIECE_BYTES];
        let mut piece = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut piece))?;
        match piece.filled() {
            [] => self.requests.finish(&mut self.passed),
            bytes => self.requests.pass(bytes, &mut self.passed).map_err(no_room)?,
        }
        Poll::Ready(Ok(()))
    }
}

fn no_room(_: NoRoom) -> io::Error {
    io::Error::other("too many requests with large heads are under way")
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Ends with the bytes there are: a socket that gives without end makes the task wait in between.
        while !this.give(buf) {
            if let Some(count) = this.requests.unseen() {
                return this.read_unseen(count, cx, buf);
            }
            ready!(this.read_lines(cx))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
