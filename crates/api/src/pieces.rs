//! A body of several texts, whose length is known: a long answer is never copied into one text.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};

/// The texts that are left to send.
#[derive(Debug)]
pub(crate) struct Pieces(VecDeque<Bytes>);

impl Pieces {
    pub(crate) fn of(texts: Vec<String>) -> Self {
        Self(texts.into_iter().filter(|text| !text.is_empty()).map(Bytes::from).collect())
    }
}

impl From<Pieces> for Body {
    /// Short ones go out as one: a packet is made for each.
    fn from(pieces: Pieces) -> Self {
        const SHORT_BYTES: usize = 16 << 10;
        let bytes: usize = pieces.0.iter().map(Bytes::len).sum();
        if bytes > SHORT_BYTES { Self::new(pieces) } else { Self::from(Vec::from(pieces.0).concat()) }
    }
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|text| Ok(Frame::data(text))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|text| text.len() as u64).sum())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::HttpBody;
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn pieces_are_one_body_of_known_length() {
        for long in [1, 20_000] {
            let texts = vec!["a".repeat(long), String::new(), "b".to_owned()];
            let whole = texts.concat();
            let body = Body::from(Pieces::of(texts));
            assert_eq!(body.size_hint().exact(), Some(whole.len() as u64));
            assert_eq!(body.collect().await.expect("no error").to_bytes(), whole);
        }
    }
}
