//! One closed set of failures and what each becomes on the wire. Every protocol family renders it in its envelope.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

/// A failure of any API.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("Service Unavailable: recovery of the stores is under way")]
    NotReady,
    #[error("{0}")]
    BadRequest(String),
    #[error("{0}")]
    Execution(String),
    #[error("{0}")]
    Unprocessable(String),
    #[error("query timed out in expression evaluation")]
    Timeout,
    /// As [`Self::Timeout`], in the words and with the status of an API that has its own.
    #[error("{0}")]
    QueryTimeout(String),
    #[error("too many queries are waiting, try again later")]
    QueryQueueFull,
    #[error("request body too large: it is larger than the limit of {limit} bytes")]
    TooLarge { limit: usize },
    /// Small as sent, large once decoded.
    #[error("{0}")]
    TooHeavy(String),
    #[error("the request body did not arrive in time")]
    BodyTooSlow,
    #[error("{0}")]
    UnsupportedMediaType(String),
    #[error("{message}")]
    Overloaded { message: String, retry_after_seconds: u64 },
    #[error("{0}")]
    NotImplemented(String),
    /// Something we depend on fails now and may work later.
    #[error("{0}")]
    Unavailable(String),
    #[error("{0}")]
    Internal(String),
}

impl ApiError {
    /// The HTTP status, the same in every protocol.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotReady | Self::Timeout | Self::QueryQueueFull | Self::Unavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Execution(_) | Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge { .. } | Self::TooHeavy(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Overloaded { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::QueryTimeout(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::NotImplemented(_) => StatusCode::NOT_IMPLEMENTED,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The gRPC code, by number of google.rpc.Code; OTLP/HTTP error bodies carry it too.
    pub(crate) fn grpc_code(&self) -> i32 {
        match self {
            Self::NotReady | Self::QueryQueueFull | Self::Unavailable(_) => 14,
            Self::BadRequest(_) | Self::Unprocessable(_) | Self::Execution(_) | Self::UnsupportedMediaType(_) => 3,
            Self::Timeout | Self::QueryTimeout(_) | Self::BodyTooSlow => 4,
            // Without a hint when to retry, senders know that a body is too large for good.
            Self::Overloaded { .. } | Self::TooLarge { .. } | Self::TooHeavy(_) => 8,
            Self::NotImplemented(_) => 12,
            Self::Internal(_) => 13,
        }
    }

    /// What the Prometheus API calls it.
    fn prometheus_type(&self) -> &'static str {
        match self {
            Self::BadRequest(_)
            | Self::Unprocessable(_)
            | Self::UnsupportedMediaType(_)
            | Self::TooLarge { .. }
            | Self::TooHeavy(_) => "bad_data",
            Self::Execution(_) | Self::NotImplemented(_) => "execution",
            Self::Timeout | Self::QueryTimeout(_) | Self::QueryQueueFull | Self::BodyTooSlow => "timeout",
            Self::NotReady | Self::Overloaded { .. } | Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// When the sender should come back, where it should.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Self::Overloaded { retry_after_seconds, .. } => Some(*retry_after_seconds),
            Self::NotReady => Some(1),
            Self::Unavailable(_) => Some(5),
            _ => None,
        }
    }

    /// Adds `Retry-After` where the sender should come back.
    pub(crate) fn with_retry_hint(&self, mut response: Response) -> Response {
        let Some(seconds) = self.retry_after_seconds() else { return response };
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        response
    }
}

impl IntoResponse for ApiError {
    /// The Prometheus envelope. OTLP and remote write render their own.
    fn into_response(self) -> Response {
        if matches!(self, Self::Internal(_)) {
            tracing::error!(error = %self, "request failed");
        }
        // In this order, as the original writes it.
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Envelope {
            status: &'static str,
            error_type: &'static str,
            error: String,
        }
        let body = Envelope { status: "error", error_type: self.prometheus_type(), error: self.to_string() };
        self.with_retry_hint((self.status(), axum::Json(body)).into_response())
    }
}

impl From<aio_promql::Error> for ApiError {
    fn from(error: aio_promql::Error) -> Self {
        use aio_promql::Error as E;
        let text = error.to_string();
        match error {
            E::Parse(message) => Self::BadRequest(format!("invalid parameter \"query\": {message}")),
            E::RangeOf(_) => Self::BadRequest(text),
            E::Execution(_) | E::TooManySamples => Self::Execution(text),
            E::Timeout => Self::Timeout,
            E::Storage(source) => source.into(),
        }
    }
}

impl From<aio_logql::Error> for ApiError {
    fn from(error: aio_logql::Error) -> Self {
        use aio_logql::Error as E;
        match error {
            E::Stopped => Self::Timeout,
            E::Storage(source) => source.into(),
            other => Self::BadRequest(other.to_string()),
        }
    }
}

impl From<aio_traceql::Error> for ApiError {
    fn from(error: aio_traceql::Error) -> Self {
        use aio_traceql::Error as E;
        match error {
            E::Stopped => Self::Timeout,
            E::Storage(source) => source.into(),
            other => Self::BadRequest(other.to_string()),
        }
    }
}

impl From<aio_source::Error> for ApiError {
    fn from(error: aio_source::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<aio_ingest::Error> for ApiError {
    fn from(error: aio_ingest::Error) -> Self {
        let message = error.to_string();
        match error {
            aio_ingest::Error::Overloaded { retry_after_seconds, .. } => {
                Self::Overloaded { message, retry_after_seconds }
            }
            // A store that fails, for instance because the disk is full, may work again: nothing was acknowledged, and
            // senders are to keep what they have.
            aio_ingest::Error::Metrics(_) | aio_ingest::Error::Logs(_) | aio_ingest::Error::Traces(_) => {
                tracing::error!(error = message, "a write was not stored");
                Self::Unavailable(message)
            }
            aio_ingest::Error::Query(_) => Self::BadRequest(message),
            aio_ingest::Error::Task(_) => Self::Internal(message),
        }
    }
}

impl From<aio_wire::Error> for ApiError {
    fn from(error: aio_wire::Error) -> Self {
        match error {
            aio_wire::Error::TooLarge { limit } => Self::TooLarge { limit },
            aio_wire::Error::TooHeavy { .. } => Self::TooHeavy(error.to_string()),
            aio_wire::Error::UnsupportedEncoding(_) => Self::UnsupportedMediaType(error.to_string()),
            other => Self::BadRequest(other.to_string()),
        }
    }
}

/// A failure as Loki and Tempo answer it: the message as a line.
pub(crate) struct TextError(pub(crate) ApiError);

impl<E: Into<ApiError>> From<E> for TextError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for TextError {
    fn into_response(self) -> Response {
        let text = format!("{}\n", self.0);
        plain(&self.0, text)
    }
}

fn plain(error: &ApiError, text: String) -> Response {
    if matches!(error, ApiError::Internal(_)) {
        tracing::error!(%error, "request failed");
    }
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    error.with_retry_hint((error.status(), headers, text).into_response())
}

/// A failure as Loki answers queries: the message and nothing else.
pub(crate) struct BareError(pub(crate) ApiError);

impl<E: Into<ApiError>> From<E> for BareError {
    fn from(error: E) -> Self {
        Self(match error.into() {
            // Clients look for these words to ask for less at once.
            ApiError::Timeout => ApiError::QueryTimeout(
                "request timed out, decrease the duration of the request or add more label matchers (prefer exact \
                 match over regex match) to reduce the amount of data processed"
                    .to_owned(),
            ),
            other => other,
        })
    }
}

impl IntoResponse for BareError {
    fn into_response(self) -> Response {
        plain(&self.0, self.0.to_string())
    }
}
