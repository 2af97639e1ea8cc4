//! One visit to the shop: the calls it causes, as spans and log records.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::{Span, Status, span::Event};

use crate::build::{Of, any, attribute, attributes};
use crate::meters::Meters;
use crate::random::Random;
use crate::topology::{BANK, CHARGE, CHECKOUT, OPERATIONS, Operation, SERVICES};

const SERVER: i32 = 2;
const CLIENT: i32 = 3;
const ERROR: i32 = 2;
/// The bank is slow for the first two of every fifteen minutes.
const SLOW_EVERY_S: u64 = 900;
const SLOW_FOR_S: u64 = 120;

/// What one visit left behind, by service.
pub(crate) struct Request<'a> {
    pub(crate) random: &'a mut Random,
    pub(crate) meters: &'a mut Meters,
    pub(crate) spans: &'a mut [Vec<Span>; SERVICES.len()],
    pub(crate) logs: &'a mut [Vec<LogRecord>; SERVICES.len()],
    pub(crate) trace_id: [u8; 16],
}

/// How a call went.
#[derive(Clone, Copy)]
struct Outcome {
    end: u64,
    failed: bool,
}

/// What a client span is about.
struct Client<'a> {
    name: &'a str,
    attributes: Vec<KeyValue>,
    failure: Option<&'a str>,
}

impl Request<'_> {
    /// Runs a visit that begins at `start`.
    pub(crate) fn visit(&mut self, operation: usize, start: u64) {
        self.serve(operation, start, &[]);
    }

    fn span_id(&mut self) -> Vec<u8> {
        (self.random.next() | 1).to_be_bytes().to_vec()
    }

    fn serve(&mut self, number: usize, start: u64, parent: &[u8]) -> Outcome {
        let operation = &OPERATIONS[number];
        let id = self.span_id();
        let work = self.random.latency_ns(operation.median_ms);
        let mut at = start + work / 2;
        let mut failed = false;
        if let Some(backend) = &operation.backend {
            let took = self.random.latency_ns(backend.median_ms);
            let client = Client {
                name: backend.operation,
                attributes: attributes([
                    ("db.system.name", Of::Text(backend.system)),
                    ("db.operation.name", Of::Text(backend.operation)),
                    ("db.query.text", Of::Text(backend.statement)),
                    ("server.address", Of::Text(backend.address)),
                ]),
                failure: None,
            };
            self.meters.backend(operation.service, backend, took);
            let span = self.span_id();
            self.client(operation.service, span, &id, at, at + took, client);
            at += took;
        }
        for &call in operation.calls {
            let outcome = self.call(operation, call, at, &id);
            at = outcome.end;
            failed |= outcome.failed;
        }
        if number == CHARGE {
            let outcome = self.bank(operation, at, &id);
            at = outcome.end;
            failed = outcome.failed;
        }
        let bug = self.random.chance(0.004);
        let outcome = Outcome { end: at + work / 2, failed: failed || bug };
        self.server_span(operation, &id, parent, start, outcome, bug);
        self.log(number, &id, outcome, bug);
        self.meters.server(operation, start, outcome.end - start, outcome.failed, &self.trace_id, &id);
        outcome
    }

    /// A call to another service; checkout tries a payment a second time.
    fn call(&mut self, from: &Operation, to: usize, start: u64, parent: &[u8]) -> Outcome {
        let tries = if to == CHARGE { 2 } else { 1 };
        let mut outcome = Outcome { end: start, failed: true };
        for attempt in 0..tries {
            let id = self.span_id();
            let begun = outcome.end + 300_000;
            outcome = self.serve(to, begun, &id);
            let target = &OPERATIONS[to];
            let mut about = attributes([
                ("http.request.method", Of::Text(target.method)),
                ("server.address", Of::Text(SERVICES[target.service].name)),
                ("url.path", Of::Text(target.route)),
                ("http.response.status_code", Of::Int(if outcome.failed { 500 } else { 200 })),
            ]);
            if attempt > 0 {
                about.push(attribute("http.request.resend_count", Of::Int(attempt)));
            }
            let client = Client {
                name: target.method,
                attributes: about,
                failure: outcome.failed.then_some("500 Internal Server Error"),
            };
            outcome.end += 300_000;
            self.client(from.service, id, parent, begun - 200_000, outcome.end, client);
            if !outcome.failed {
                break;
            }
        }
        outcome
    }

    fn bank(&mut self, from: &Operation, start: u64, parent: &[u8]) -> Outcome {
        let slow = start / 1_000_000_000 % SLOW_EVERY_S < SLOW_FOR_S;
        let took = self.random.latency_ns(if slow { 900.0 } else { 45.0 });
        let failed = self.random.chance(if slow { 0.25 } else { 0.03 });
        let client = Client {
            name: "POST",
            attributes: attributes([
                ("http.request.method", Of::Text("POST")),
                ("server.address", Of::Text(BANK)),
                ("url.full", Of::Text("https://api.bank.example/v1/charges")),
                ("http.response.status_code", Of::Int(if failed { 503 } else { 201 })),
            ]),
            failure: failed.then_some("503 Service Unavailable"),
        };
        let id = self.span_id();
        self.client(from.service, id, parent, start, start + took, client);
        Outcome { end: start + took, failed }
    }

    fn client(&mut self, service: usize, id: Vec<u8>, parent: &[u8], start: u64, end: u64, client: Client<'_>) {
        let status = client.failure.map(|message| Status { code: ERROR, message: message.to_owned() });
        self.spans[service].push(Span {
            trace_id: self.trace_id.to_vec(),
            span_id: id,
            parent_span_id: parent.to_vec(),
            name: client.name.to_owned(),
            kind: CLIENT,
            start_time_unix_nano: start,
            end_time_unix_nano: end,
            attributes: client.attributes,
            status,
            ..Span::default()
        });
    }

    fn server_span(
        &mut self,
        operation: &Operation,
        id: &[u8],
        parent: &[u8],
        start: u64,
        outcome: Outcome,
        bug: bool,
    ) {
        let mut events = Vec::new();
        if bug {
            events.push(Event {
                time_unix_nano: outcome.end - 1000,
                name: "exception".to_owned(),
                attributes: attributes([
                    ("exception.type", Of::Text("KeyError")),
                    ("exception.message", Of::Text("'shelf'")),
                ]),
                ..Event::default()
            });
        }
        let customer = format!("c-{}", self.random.below(500));
        self.spans[operation.service].push(Span {
            trace_id: self.trace_id.to_vec(),
            span_id: id.to_vec(),
            parent_span_id: parent.to_vec(),
            name: format!("{} {}", operation.method, operation.route),
            kind: SERVER,
            start_time_unix_nano: start,
            end_time_unix_nano: outcome.end,
            attributes: attributes([
                ("http.request.method", Of::Text(operation.method)),
                ("http.route", Of::Text(operation.route)),
                ("http.response.status_code", Of::Int(if outcome.failed { 500 } else { 200 })),
                ("customer.id", Of::Text(&customer)),
            ]),
            events,
            status: outcome.failed.then(|| Status { code: ERROR, message: String::new() }),
            ..Span::default()
        });
    }

    fn log(&mut self, number: usize, span_id: &[u8], outcome: Outcome, bug: bool) {
        let operation = &OPERATIONS[number];
        let order = self.random.below(1_000_000);
        let (severity, text, message) = if bug {
            (17, "ERROR", format!("{} {} failed: KeyError: 'shelf'", operation.method, operation.route))
        } else if outcome.failed && number == CHARGE {
            (17, "ERROR", format!("the bank refused charge {order}: 503 Service Unavailable"))
        } else if outcome.failed {
            (13, "WARN", format!("{} {} answered 500 after a failed call", operation.method, operation.route))
        } else if number == CHECKOUT {
            (9, "INFO", format!("{} id={order}", operation.message))
        } else if self.random.chance(0.2) {
            (5, "DEBUG", format!("{} (cache miss)", operation.message))
        } else {
            (9, "INFO", operation.message.to_owned())
        };
        let line = self.line(operation, span_id, outcome.end, text, &message, bug);
        self.logs[operation.service].push(LogRecord {
            time_unix_nano: outcome.end,
            observed_time_unix_nano: outcome.end + 1_000_000,
            severity_number: severity,
            severity_text: text.to_owned(),
            body: Some(any(Of::Text(&line))),
            trace_id: self.trace_id.to_vec(),
            span_id: span_id.to_vec(),
            ..LogRecord::default()
        });
    }

    fn line(&self, operation: &Operation, span: &[u8], at: u64, level: &str, message: &str, bug: bool) -> String {
        let service = &SERVICES[operation.service];
        let (trace, span) = (hex(&self.trace_id), hex(span));
        if !service.text_logs {
            let level = level.to_ascii_lowercase();
            return format!(
                r#"{{"level":"{level}","msg":"{message}","route":"{}","caller":"{}:88","trace_id":"{trace}"}}"#,
                operation.route, service.file
            );
        }
        let mut line = format!(
            "{} {level} [shop.{}] [{}:42] [trace_id={trace} span_id={span} resource.service.name={} \
             trace_sampled=True] - {message}",
            python_time(at),
            service.name,
            service.file,
            service.name
        );
        if bug {
            line.push_str("\nTraceback (most recent call last):\n  File \"/app/");
            line.push_str(service.file);
            line.push_str("\", line 42, in handle\n    shelf = row['shelf']\nKeyError: 'shelf'");
        }
        line
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// `2026-01-02 03:04:05,678`, UTC.
fn python_time(ns: u64) -> String {
    let (seconds, ms) = (ns / 1_000_000_000, ns / 1_000_000 % 1000);
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    // Howard Hinnant, "chrono-compatible low-level date algorithms": civil_from_days, for times after 1970.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02},{ms:03}")
}
