//! Tokens to [`Expr`]. As in Tempo, `&&` and `||` bind equally and to the left.

use crate::ast::{CompareOp, Condition, Expr, Field, Intrinsic, Operand};
use crate::error::Error;
use crate::lexer::{Spanned, Token, syntax, tokens};
use crate::types;

const DEPTH_MAX: usize = 100;
const QUERY_BYTES_MAX: usize = 128 << 10;

/// Parses a query; an empty one matches every span.
///
/// # Errors
/// [`Error::Syntax`] with line and column, [`Error::NotSupported`].
pub fn parse(text: &str) -> Result<Expr, Error> {
    if text.trim().is_empty() {
        return Ok(Expr::Spans(Condition::True));
    }
    if text.len() > QUERY_BYTES_MAX {
        return Err(syntax(text, 0, format!("query is longer than {QUERY_BYTES_MAX} bytes")));
    }
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
    let expr = parser.expr()?;
    if matches!(parser.peek(), Token::Name(word) if word == "with") {
        parser.query_hints()?;
    }
    match parser.peek() {
        Token::End => Ok(expr),
        Token::Op("|") => Err(Error::NotSupported("pipelines (| count(), | select(), | rate() …)".to_owned())),
        _ => parser.unexpected("end of query"),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Spanned>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(t, _)| t)
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T, Error> {
        let at = self.tokens.get(self.at).map_or(self.text.len(), |(_, at)| *at);
        Err(syntax(self.text, at, format!("unexpected {}, expecting {expected}", self.peek())))
    }

    fn take(&mut self, op: &str) -> bool {
        let found = matches!(self.peek(), Token::Op(o) if *o == op);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, op: &str) -> Result<(), Error> {
        if self.take(op) { Ok(()) } else { self.unexpected(op) }
    }

    fn nest<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth >= DEPTH_MAX {
            return self.unexpected("less nesting");
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn expr(&mut self) -> Result<Expr, Error> {
        let mut left = self.spanset()?;
        loop {
            let join: fn(Box<Expr>, Box<Expr>) -> Expr = match self.peek() {
                Token::Op("&&") => Expr::And,
                Token::Op("||") => Expr::Or,
                Token::Op(
                    op @ (">>" | "<<" | ">" | "<" | "~" | "!>>" | "!<<" | "!>" | "!<" | "!~" | "&>>" | "&<<" | "&>"
                    | "&<" | "&~"),
                ) => {
                    return Err(Error::NotSupported(format!("structural operator {op}")));
                }
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.spanset()?;
            left = join(Box::new(left), Box::new(right));
        }
    }

    fn spanset(&mut self) -> Result<Expr, Error> {
        if self.take("(") {
            let inner = self.nest(Self::expr)?;
            self.expect(")")?;
            return Ok(inner);
        }
        self.expect("{")?;
        if self.take("}") {
            return Ok(Expr::Spans(Condition::True));
        }
        let condition = self.condition()?;
        self.expect("}")?;
        Ok(Expr::Spans(condition))
    }

    fn condition(&mut self) -> Result<Condition, Error> {
        let mut left = self.operand()?;
        loop {
            let join: fn(Box<Condition>, Box<Condition>) -> Condition = match self.peek() {
                Token::Op("&&") => Condition::And,
                Token::Op("||") => Condition::Or,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.operand()?;
            left = join(Box::new(left), Box::new(right));
        }
    }

    fn operand(&mut self) -> Result<Condition, Error> {
        if self.take("!") {
            return self.nest(Self::operand).map(|c| Condition::Not(Box::new(c)));
        }
        if self.take("(") {
            let inner = self.nest(Self::condition)?;
            self.expect(")")?;
            return Ok(inner);
        }
        match self.peek().clone() {
            Token::Name(word) if word == "true" || word == "false" => {
                self.at += 1;
                Ok(if word == "true" { Condition::True } else { Condition::False })
            }
            Token::Name(name) => {
                let Some(field) = field(&name)? else { return self.unexpected("a field") };
                self.at += 1;
                self.comparison(field)
            }
            // `"GET" = name`: the plain meaning, whichever side the field is on.
            Token::Text(_) | Token::Int(_) | Token::Float(_) | Token::Duration(_) => self.reversed(),
            _ => self.unexpected("a field"),
        }
    }

    /// `with(most_recent=true, …)`: how to go about it, never what to find. The newest are found in any case.
    fn query_hints(&mut self) -> Result<(), Error> {
        self.at += 1;
        self.expect("(")?;
        while !self.take(")") {
            let Token::Name(_) = self.peek() else { return self.unexpected("a hint") };
            self.at += 1;
            self.expect("=")?;
            if matches!(self.peek(), Token::End | Token::Op(_)) {
                return self.unexpected("a value");
            }
            self.at += 1;
            if !self.take(",") && !matches!(self.peek(), Token::Op(")")) {
                return self.unexpected(")");
            }
        }
        Ok(())
    }

    fn comparison(&mut self, field: Field) -> Result<Condition, Error> {
        let Some(op) = self.compare_op()? else {
            if matches!(field, Field::Intrinsic(_)) {
                return self.unexpected("a comparison");
            }
            return Ok(Condition::Truthy(field));
        };
        let operand = self.value(&field, op)?;
        Ok(Condition::Compare(field, op, operand))
    }

    fn reversed(&mut self) -> Result<Condition, Error> {
        let value_at = self.at;
        self.at += 1;
        let Some(op) = self.compare_op()? else { return self.unexpected("a comparison") };
        let Token::Name(name) = self.peek().clone() else { return self.unexpected("a field") };
        let Some(field) = field(&name)? else { return self.unexpected("a field") };
        let after = self.at + 1;
        self.at = value_at;
        let op = match op {
            CompareOp::Greater => CompareOp::Less,
            CompareOp::GreaterOrEqual => CompareOp::LessOrEqual,
            CompareOp::Less => CompareOp::Greater,
            CompareOp::LessOrEqual => CompareOp::GreaterOrEqual,
            op => op,
        };
        let operand = self.value(&field, op)?;
        self.at = after;
        Ok(Condition::Compare(field, op, operand))
    }

    fn compare_op(&mut self) -> Result<Option<CompareOp>, Error> {
        let op = match self.peek() {
            Token::Op("=") => CompareOp::Equal,
            Token::Op("!=") => CompareOp::NotEqual,
            Token::Op("=~") => CompareOp::Match,
            Token::Op("!~") => CompareOp::NotMatch,
            Token::Op(">") => CompareOp::Greater,
            Token::Op(">=") => CompareOp::GreaterOrEqual,
            Token::Op("<") => CompareOp::Less,
            Token::Op("<=") => CompareOp::LessOrEqual,
            Token::Op(op @ ("+" | "-" | "*" | "/" | "^")) => {
                return Err(Error::NotSupported(format!("arithmetic {op} in conditions")));
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(op))
    }

    fn value(&mut self, field: &Field, op: CompareOp) -> Result<Operand, Error> {
        let negative = self.take("-");
        let is_pattern = matches!(op, CompareOp::Match | CompareOp::NotMatch);
        let operand = match self.peek().clone() {
            Token::Text(text) if is_pattern && !negative => Operand::Pattern(self.pattern(&text)?),
            Token::Text(text) if !negative => Operand::Text(text),
            Token::Int(n) => Operand::Int(if negative { -n } else { n }),
            Token::Float(n) => Operand::Float(if negative { -n } else { n }),
            Token::Duration(ns) => Operand::Duration(if negative { -ns } else { ns }),
            Token::Op("[") => return Err(Error::NotSupported("arrays in conditions".to_owned())),
            Token::Name(word) if !negative => match word_operand(&word) {
                Some(operand) => operand,
                None if self::field(&word)?.is_some() => {
                    return Err(Error::NotSupported("comparison of two fields".to_owned()));
                }
                None => return self.unexpected("a value"),
            },
            _ => return self.unexpected("a value"),
        };
        if !types::allow(field, op, &operand) {
            return self.unexpected("a value that can be compared with the field in this way");
        }
        self.at += 1;
        Ok(types::with_whole_ids(field, op, operand))
    }

    /// Patterns match the whole value; their syntax is Go's.
    fn pattern(&self, text: &str) -> Result<regex::Regex, Error> {
        let at = self.tokens.get(self.at).map_or(0, |(_, at)| *at);
        let invalid = |why: String| syntax(self.text, at, why);
        let translated = aio_types::pattern::translate(text).map_err(|error| invalid(error.to_string()))?;
        let pattern = regex::RegexBuilder::new(&format!("^(?:{translated})$")).size_limit(4 << 20).build();
        pattern.map_err(|error| invalid(error.to_string()))
    }
}

fn word_operand(word: &str) -> Option<Operand> {
    Some(match word {
        "true" => Operand::Bool(true),
        "false" => Operand::Bool(false),
        "nil" => Operand::Nil,
        "minInt" => Operand::Int(i64::MIN),
        "maxInt" => Operand::Int(i64::MAX),
        "unset" => Operand::Status(0),
        "ok" => Operand::Status(1),
        "error" => Operand::Status(2),
        "unspecified" => Operand::Kind(0),
        "internal" => Operand::Kind(1),
        "server" => Operand::Kind(2),
        "client" => Operand::Kind(3),
        "producer" => Operand::Kind(4),
        "consumer" => Operand::Kind(5),
        _ => return None,
    })
}

/// `None` where the word is no field at all.
pub(crate) fn field(name: &str) -> Result<Option<Field>, Error> {
    if let Some(attribute) = name.strip_prefix('.') {
        return Ok((!attribute.is_empty()).then(|| Field::Any(attribute.to_owned())));
    }
    if let Some((scope, attribute)) = name.split_once('.')
        && !attribute.is_empty()
    {
        let attribute = attribute.to_owned();
        match scope {
            "span" => return Ok(Some(Field::Span(attribute))),
            "resource" => return Ok(Some(Field::Resource(attribute))),
            "instrumentation" => return Ok(Some(Field::Instrumentation(attribute))),
            "event" => return Ok(Some(Field::Event(attribute))),
            "link" => return Ok(Some(Field::Link(attribute))),
            "parent" => return Err(Error::NotSupported(format!("scope {scope}"))),
            _ => return Ok(None),
        }
    }
    use Intrinsic as I;
    let intrinsic = match name {
        "name" | "span:name" => I::Name,
        "duration" | "span:duration" => I::Duration,
        "status" | "span:status" => I::Status,
        "statusMessage" | "span:statusMessage" => I::StatusMessage,
        "kind" | "span:kind" => I::Kind,
        "traceDuration" | "trace:duration" => I::TraceDuration,
        "rootName" | "trace:rootName" => I::RootName,
        "rootServiceName" | "trace:rootService" => I::RootService,
        "trace:id" => I::TraceId,
        "span:id" => I::SpanId,
        "span:parentID" => I::ParentId,
        "event:name" => I::EventName,
        "event:timeSinceStart" => I::EventTime,
        "link:traceID" => I::LinkTraceId,
        "link:spanID" => I::LinkSpanId,
        "instrumentation:name" => I::ScopeName,
        "instrumentation:version" => I::ScopeVersion,
        "childCount" | "span:childCount" | "nestedSetLeft" | "nestedSetRight" | "nestedSetParent" | "parent" => {
            return Err(Error::NotSupported(format!("intrinsic {name}")));
        }
        _ => return Ok(None),
    };
    Ok(Some(Field::Intrinsic(intrinsic)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn queries_that_parse() {
        for query in [
            "",
            "{}",
            "{ }",
            "{true}",
            r"{name=~`{id}\Qa+\E`}",
            r#"{resource.service.name="a" && name=~"GET.*" || duration>1.5s}"#,
            r#"{ .http.status_code >= 500 && status = error } && { kind = server }"#,
            r#"{span."my key" != nil}"#,
            r#"({name="a"} || {name="b"}) && {trace:rootName="c"}"#,
            r#"{!(.a = true) && 5 < .b && "x" = name}"#,
            r#"{span.a-1*2 = 1 && .x/y = -1.5 && resource."a \"b\"".c != `\d`}"#,
            "{.a = ok && .b = server && .c = maxInt && duration > 5 && traceDuration < 1w}",
            "{link:traceID != nil && event:timeSinceStart > 1ms && link.x = true && resource.service.name != nil}",
            "{status = error} with(most_recent=true, unknown=5)",
            "{} with()",
        ] {
            if let Err(error) = parse(query) {
                panic!("{query}: {error}");
            }
        }
    }

    #[test]
    fn faults_are_named_with_their_place() {
        for (query, want) in [
            ("{", "invalid TraceQL query: parse error at line 1, col 2: syntax error: unexpected end of query"),
            ("{name=}", "col 7"),
            ("{nme=\"a\"}", "unexpected nme, expecting a field"),
            ("{name=\"a\"} >> {}", "not supported yet: structural operator >>"),
            ("{} | rate()", "not supported yet: pipelines"),
            ("{name=~\"(\"}", "missing closing ): `(`"),
            ("{name=~\"a**\"}", "invalid nested repetition operator: `**`"),
            ("{} with(", "expecting a hint"),
            ("{} with(a)", "expecting ="),
            ("{status = \"error\"}", "col 11"),
            ("{kind = 3}", "col 9"),
            ("{name = 5}", "compared"),
            ("{duration = \"1s\"}", "compared"),
            ("{status > error}", "compared"),
            ("{true > false}", "expecting }"),
            ("{name}", "expecting a comparison"),
            ("{1+1}", "arithmetic"),
            ("{.a =~ 5}", "compared"),
            ("{duration =~ \"1s\"}", "compared"),
            ("{name = nil}", "compared"),
            ("{resource.service.name = nil}", "compared"),
            ("{.a > true}", "compared"),
            ("{.a = -\"x\"}", "expecting a value"),
            ("{parent.a = 1}", "not supported yet: scope parent"),
            ("{nestedSetParent < 0}", "not supported yet: intrinsic nestedSetParent"),
            ("{} | select(name)", "not supported yet"),
        ] {
            let error = parse(query).expect_err(query).to_string();
            assert!(error.contains(want), "{query}: {error}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error() {
        assert!(parse(&"(".repeat(10_000)).is_err());
        assert!(parse(&format!("{{{}", "!(".repeat(10_000))).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in r#"[{}a.=":|~!() &<>5ms,é\\]{0,40}"#) {
            let _any = parse(&text);
        }
    }
}
