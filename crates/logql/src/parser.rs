//! Tokens to [`Expr`], by recursive descent.

use aio_types::{MatchOp, Matcher, pattern};
use regex::bytes::RegexBuilder;

use crate::ast::{
    AggregateOp, BinaryOp, CompareOp, Expr, Grouping, LabelFilter, LabelPick, LineFilter, LogExpr, Pattern, Quantity,
    RangeExpr, RangeOp, Stage,
};
use crate::error::Error;
use crate::lexer::{Spanned, Token, syntax, tokens};

/// How deep expressions may nest.
const DEPTH_MAX: usize = 100;
/// Most matchers of one selector.
const MATCHERS_MAX: usize = 1000;
/// Longest query.
const QUERY_BYTES_MAX: usize = 128 << 10;

/// Parses a query.
///
/// # Errors
/// [`Error::Syntax`] with line and column, [`Error::Invalid`], [`Error::NotSupported`].
pub fn parse(text: &str) -> Result<Expr, Error> {
    let mut parser = Parser::new(text)?;
    if *parser.peek() == Token::End {
        return Err(Error::Invalid("syntax error: unexpected $end".to_owned()));
    }
    let expr = parser.expr(0)?;
    parser.end()?;
    Ok(expr)
}

/// Parses a stream selector, as `match[]` parameters and index APIs take it; `{}` selects everything.
///
/// # Errors
/// As [`parse`].
pub fn parse_matchers(text: &str) -> Result<Vec<Matcher>, Error> {
    let mut parser = Parser::new(text)?;
    let matchers = parser.selector()?;
    match parser.end() {
        Ok(()) => Ok(matchers),
        Err(error) => Err(if parse(text).is_ok() { Error::OnlyMatchers } else { error }),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Spanned>,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, Error> {
        if text.len() > QUERY_BYTES_MAX {
            return Err(Error::Invalid(format!("input size too long ({} > {QUERY_BYTES_MAX})", text.len())));
        }
        Ok(Self { text, tokens: tokens(text)?, at: 0, depth: 0 })
    }

    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(t, _)| t)
    }

    fn peek_second(&self) -> &Token {
        self.tokens.get(self.at + 1).map_or(&Token::End, |(t, _)| t)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T, Error> {
        let at = self.tokens.get(self.at).map_or(self.text.len(), |(_, at)| *at);
        Err(syntax(self.text, at, message))
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T, Error> {
        self.fail(format!("unexpected {}, expecting {expected}", self.peek()))
    }

    fn take(&mut self, op: &str) -> bool {
        let found = matches!(self.peek(), Token::Op(o) if *o == op);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, op: &str) -> Result<(), Error> {
        if self.take(op) { Ok(()) } else { self.unexpected(op) }
    }

    /// The word that comes next, in lower case: keywords are written in any.
    fn keyword(&self) -> Option<String> {
        match self.peek() {
            Token::Ident(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        }
    }

    fn take_keyword(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Ident(name) if name.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn end(&self) -> Result<(), Error> {
        if *self.peek() == Token::End { Ok(()) } else { self.unexpected("end of query") }
    }

    fn ident(&mut self) -> Result<String, Error> {
        match self.peek() {
            Token::Ident(name) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => self.unexpected("an identifier"),
        }
    }

    fn string(&mut self) -> Result<String, Error> {
        match self.peek() {
            Token::Text(text) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => self.unexpected("a string"),
        }
    }

    fn expr(&mut self, least: u8) -> Result<Expr, Error> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.fail("expression nests too deep");
        }
        let mut left = self.operand()?;
        while let Some((op, precedence)) = self.binary_op()? {
            if precedence < least {
                break;
            }
            self.at += 1;
            self.modifiers()?;
            // Only `^` binds to the right.
            let right = self.expr(if op == BinaryOp::Pow { precedence } else { precedence + 1 })?;
            if matches!(left, Expr::Log(_)) || matches!(right, Expr::Log(_)) {
                return Err(Error::Invalid(
                    "unexpected type for left or right leg of binary operation: log queries have no value".to_owned(),
                ));
            }
            left = Expr::Binary { op, left: Box::new(left), right: Box::new(right) };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn binary_op(&self) -> Result<Option<(BinaryOp, u8)>, Error> {
        Ok(Some(match self.peek() {
            Token::Op("+") => (BinaryOp::Add, 4),
            Token::Op("-") => (BinaryOp::Sub, 4),
            Token::Op("*") => (BinaryOp::Mul, 5),
            Token::Op("/") => (BinaryOp::Div, 5),
            Token::Op("%") => (BinaryOp::Mod, 5),
            Token::Op("^") => (BinaryOp::Pow, 6),
            Token::Op(op @ ("==" | "!=" | ">" | ">=" | "<" | "<=")) => {
                return Err(Error::NotSupported(format!("comparison of metric queries with {op}")));
            }
            Token::Ident(word) if ["and", "or", "unless"].contains(&word.to_ascii_lowercase().as_str()) => {
                return Err(Error::NotSupported(format!("set operator {word}")));
            }
            _ => return Ok(None),
        }))
    }

    fn modifiers(&mut self) -> Result<(), Error> {
        match self.keyword().as_deref() {
            Some(word @ ("on" | "ignoring" | "bool" | "group_left" | "group_right")) => {
                Err(Error::NotSupported(format!("binary operator modifier {word}")))
            }
            _ => Ok(()),
        }
    }

    fn operand(&mut self) -> Result<Expr, Error> {
        match self.peek().clone() {
            Token::Number(n) => {
                self.at += 1;
                Ok(Expr::Literal(n))
            }
            Token::Op(sign @ ("+" | "-")) => {
                self.at += 1;
                match self.next() {
                    Token::Number(n) => Ok(Expr::Literal(if sign == "-" { -n } else { n })),
                    _ => {
                        self.at -= 1;
                        self.unexpected("a number")
                    }
                }
            }
            Token::Op("(") => {
                self.at += 1;
                let inner = self.expr(0)?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Op("{") => Ok(Expr::Log(self.log()?)),
            Token::Ident(name) => self.call(&name.to_ascii_lowercase()),
            _ => self.unexpected("a query"),
        }
    }

    fn call(&mut self, name: &str) -> Result<Expr, Error> {
        let range = match name {
            "count_over_time" => Some(RangeOp::Count),
            "rate" => Some(RangeOp::Rate),
            "bytes_over_time" => Some(RangeOp::Bytes),
            "bytes_rate" => Some(RangeOp::BytesRate),
            _ => None,
        };
        if let Some(op) = range {
            self.at += 1;
            return self.range(op);
        }
        let aggregate = match name {
            "sum" => Some(AggregateOp::Sum),
            "min" => Some(AggregateOp::Min),
            "max" => Some(AggregateOp::Max),
            "avg" => Some(AggregateOp::Avg),
            "count" => Some(AggregateOp::Count),
            _ => None,
        };
        if let Some(op) = aggregate {
            self.at += 1;
            return self.aggregate(op);
        }
        match name {
            "vector" => {
                self.at += 1;
                self.expect("(")?;
                let Token::Number(n) = *self.peek() else { return self.unexpected("a number") };
                self.at += 1;
                self.expect(")")?;
                Ok(Expr::Vector(n))
            }
            "topk" | "bottomk" | "approx_topk" | "sort" | "sort_desc" | "stddev" | "stdvar" | "label_replace"
            | "rate_counter" | "sum_over_time" | "avg_over_time" | "max_over_time" | "min_over_time"
            | "first_over_time" | "last_over_time" | "stdvar_over_time" | "stddev_over_time" | "quantile_over_time"
            | "absent_over_time" | "variants" => Err(Error::NotSupported(name.to_owned())),
            _ => self.unexpected("a query"),
        }
    }

    fn range(&mut self, op: RangeOp) -> Result<Expr, Error> {
        self.expect("(")?;
        let parenthesised = self.take("(");
        let matchers = self.checked_selector()?;
        // Both `{…} | stage [5m]` and `{…}[5m] | stage` are in use.
        let mut window = self.window()?;
        let stages = self.stages()?;
        if window.is_none() {
            window = self.window()?;
        }
        if parenthesised {
            self.expect(")")?;
            if window.is_none() {
                window = self.window()?;
            }
        }
        let Some((range_ns, offset_ns)) = window else { return self.unexpected("[") };
        self.expect(")")?;
        if self.keyword().is_some_and(|w| w == "by" || w == "without") {
            return Err(Error::Invalid("grouping not allowed for this range aggregation".to_owned()));
        }
        Ok(Expr::Range(RangeExpr { op, log: LogExpr { matchers, stages }, range_ns, offset_ns }))
    }

    fn window(&mut self) -> Result<Option<(i64, i64)>, Error> {
        if !self.take("[") {
            return Ok(None);
        }
        let Token::Duration(range_ns) = *self.peek() else { return self.unexpected("a duration") };
        if range_ns <= 0 {
            return self.fail("range must be positive");
        }
        self.at += 1;
        self.expect("]")?;
        let mut offset_ns = 0;
        if self.take_keyword("offset") {
            let sign = if self.take("-") { -1 } else { 1 };
            let Token::Duration(ns) = *self.peek() else { return self.unexpected("a duration") };
            self.at += 1;
            offset_ns = sign * ns;
        }
        Ok(Some((range_ns, offset_ns)))
    }

    fn aggregate(&mut self, op: AggregateOp) -> Result<Expr, Error> {
        let mut grouping = self.grouping()?;
        self.expect("(")?;
        let of = self.expr(0)?;
        if matches!(of, Expr::Log(_)) {
            return self.fail("unexpected log query, expecting a metric query");
        }
        self.expect(")")?;
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        Ok(Expr::Aggregate { op, grouping, of: Box::new(of) })
    }

    fn grouping(&mut self) -> Result<Option<Grouping>, Error> {
        let without = match self.keyword().as_deref() {
            Some("by") => false,
            Some("without") => true,
            _ => return Ok(None),
        };
        self.at += 1;
        let labels = self.list("(", Self::ident, ")")?;
        Ok(Some(Grouping { without, labels }))
    }

    /// Items between commas; there is none behind the last.
    fn list<T>(
        &mut self,
        open: &str,
        item: impl Fn(&mut Self) -> Result<T, Error>,
        close: &str,
    ) -> Result<Vec<T>, Error> {
        self.expect(open)?;
        let mut items = Vec::new();
        if self.take(close) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if !self.take(",") {
                self.expect(close)?;
                return Ok(items);
            }
        }
    }

    fn log(&mut self) -> Result<LogExpr, Error> {
        let matchers = self.checked_selector()?;
        Ok(LogExpr { matchers, stages: self.stages()? })
    }

    fn checked_selector(&mut self) -> Result<Vec<Matcher>, Error> {
        let matchers = self.selector()?;
        if matchers.len() > MATCHERS_MAX {
            let count = matchers.len();
            return Err(Error::TooMuch(format!(
                "max streams matchers per query exceeded, matchers-count > limit ({count} > {MATCHERS_MAX})"
            )));
        }
        if matchers.iter().all(Matcher::matches_empty) {
            return Err(Error::Invalid(
                "queries require at least one regexp or equality matcher that does not have an empty-compatible value. \
                 For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will"
                    .to_owned(),
            ));
        }
        Ok(matchers)
    }

    fn selector(&mut self) -> Result<Vec<Matcher>, Error> {
        self.list("{", Self::matcher, "}")
    }

    fn matcher(&mut self) -> Result<Matcher, Error> {
        let name = self.ident()?;
        let Some(op) = self.match_op() else { return self.unexpected("one of = != =~ !~") };
        let value = self.string()?;
        self.new_matcher(&name, op, &value)
    }

    fn match_op(&mut self) -> Option<MatchOp> {
        let op = match self.peek() {
            Token::Op("=" | "==") => MatchOp::Equal,
            Token::Op("!=") => MatchOp::NotEqual,
            Token::Op("=~") => MatchOp::Regex,
            Token::Op("!~") => MatchOp::NotRegex,
            _ => return None,
        };
        self.at += 1;
        Some(op)
    }

    fn new_matcher(&self, name: &str, op: MatchOp, value: &str) -> Result<Matcher, Error> {
        Matcher::new(name, op, value).map_err(|e| Error::Invalid(e.to_string()))
    }

    fn stages(&mut self) -> Result<Vec<Stage>, Error> {
        let mut stages = Vec::new();
        loop {
            match self.peek() {
                Token::Op("|=" | "|~" | "!=" | "!~") => stages.push(self.line_filter()?),
                Token::Op(op @ ("|>" | "!>")) => return Err(Error::NotSupported(format!("pattern filter {op}"))),
                Token::Op("|") => {
                    self.at += 1;
                    stages.push(self.stage()?);
                }
                _ => return Ok(stages),
            }
        }
    }

    fn line_filter(&mut self) -> Result<Stage, Error> {
        let Token::Op(op) = self.next() else { return self.unexpected("a line filter") };
        let is_regex = op.ends_with('~');
        let mut alternatives = vec![self.pattern(is_regex)?];
        while self.take_keyword("or") {
            alternatives.push(self.pattern(is_regex)?);
        }
        Ok(Stage::Line(LineFilter { negated: op.starts_with('!'), alternatives }))
    }

    fn pattern(&mut self, is_regex: bool) -> Result<Pattern, Error> {
        if self.keyword().as_deref() == Some("ip") {
            return Err(Error::NotSupported("ip()".to_owned()));
        }
        let text = self.string()?;
        if !is_regex {
            return Ok(Pattern::Text(text));
        }
        let invalid = |why: String| Error::Invalid(format!("error parsing regexp: {why}"));
        let translated = pattern::translate(&text).map_err(|error| invalid(error.to_string()))?;
        let regex = RegexBuilder::new(&translated).size_limit(4 << 20).build();
        regex.map(Pattern::Regex).map_err(|error| invalid(error.to_string()))
    }

    fn stage(&mut self) -> Result<Stage, Error> {
        let is_filter = !matches!(self.peek_second(), Token::End | Token::Text(_))
            && matches!(self.peek_second(), Token::Op("=" | "==" | "!=" | "=~" | "!~" | ">" | ">=" | "<" | "<="));
        // `| json != "x"` is a parser and a line filter, `| json = "x"` a label filter.
        let word = self.keyword().unwrap_or_default();
        let is_stage_word = ["json", "logfmt", "unpack", "decolorize"].contains(&word.as_str());
        let line_filter_follows = matches!(self.peek_second(), Token::Op("!=" | "!~"));
        if !is_filter || (is_stage_word && line_filter_follows) {
            match word.as_str() {
                "json" | "logfmt" => return self.parser_stage(&word),
                "drop" => return self.picks().map(Stage::Drop),
                "keep" => return self.picks().map(Stage::Keep),
                "pattern" | "regexp" | "unpack" | "line_format" | "label_format" | "decolorize" | "unwrap"
                | "distinct" => return Err(Error::NotSupported(format!("pipeline stage {word}"))),
                _ => {}
            }
        }
        self.label_filter(0).map(Stage::Label)
    }

    fn parser_stage(&mut self, word: &str) -> Result<Stage, Error> {
        self.at += 1;
        if self.take("-") || matches!(self.peek(), Token::Ident(_) | Token::Text(_)) {
            return Err(Error::NotSupported(format!("flags and expressions of the {word} stage")));
        }
        Ok(if word == "json" { Stage::Json } else { Stage::Logfmt })
    }

    fn picks(&mut self) -> Result<Vec<LabelPick>, Error> {
        self.at += 1;
        let mut picks = Vec::new();
        loop {
            let name = self.ident()?;
            let matcher = match self.match_op() {
                None => None,
                Some(op) => {
                    let value = self.string()?;
                    Some(self.new_matcher(&name, op, &value)?)
                }
            };
            picks.push(LabelPick { name, matcher });
            if !self.take(",") {
                return Ok(picks);
            }
        }
    }

    /// `and` binds tighter than `or`; a comma, or nothing at all, joins what stands before with all that follows.
    fn label_filter(&mut self, depth: usize) -> Result<LabelFilter, Error> {
        if depth > DEPTH_MAX {
            return self.fail("expression nests too deep");
        }
        let mut left = self.conjunction(depth)?;
        while self.take_keyword("or") {
            let right = self.conjunction(depth)?;
            left = LabelFilter::Or(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn conjunction(&mut self, depth: usize) -> Result<LabelFilter, Error> {
        let mut left = self.listed(depth)?;
        while self.take_keyword("and") {
            let right = self.listed(depth)?;
            left = LabelFilter::And(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn listed(&mut self, depth: usize) -> Result<LabelFilter, Error> {
        let left = self.comparison(depth)?;
        let juxtaposed = self.keyword().is_some_and(|w| !["or", "and", "offset"].contains(&w.as_str()));
        if !juxtaposed && !self.take(",") {
            return Ok(left);
        }
        let right = self.label_filter(depth + 1)?;
        Ok(LabelFilter::And(Box::new(left), Box::new(right)))
    }

    fn comparison(&mut self, depth: usize) -> Result<LabelFilter, Error> {
        if self.take("(") {
            let inner = self.label_filter(depth + 1)?;
            self.expect(")")?;
            return Ok(inner);
        }
        let name = self.ident()?;
        let Token::Op(op) = self.next() else {
            self.at -= 1;
            return self.unexpected("a comparison");
        };
        let negative = matches!(self.peek(), Token::Op("-")) && matches!(self.peek_second(), Token::Number(_));
        self.at += usize::from(negative);
        let sign = if negative { -1.0 } else { 1.0 };
        #[expect(clippy::cast_precision_loss, reason = "durations are compared as float seconds")]
        let value = match self.peek().clone() {
            Token::Text(text) => {
                self.at -= 1;
                let Some(op) = self.match_op() else { return self.unexpected("one of = != =~ !~") };
                self.at += 1;
                return self.new_matcher(&name, op, &text).map(LabelFilter::Match);
            }
            Token::Ident(word) if word.eq_ignore_ascii_case("ip") => {
                return Err(Error::NotSupported("ip()".to_owned()));
            }
            Token::Number(n) => Quantity::Number(sign * n),
            Token::Duration(ns) => Quantity::DurationSeconds(ns as f64 / 1e9),
            Token::Bytes(n) => Quantity::Bytes(n),
            _ => return self.unexpected("a string, number, duration or size"),
        };
        let op = match op {
            "=" | "==" => CompareOp::Equal,
            "!=" => CompareOp::NotEqual,
            ">" => CompareOp::Greater,
            ">=" => CompareOp::GreaterOrEqual,
            "<" => CompareOp::Less,
            "<=" => CompareOp::LessOrEqual,
            _ => return self.unexpected("a string"),
        };
        self.at += 1;
        Ok(LabelFilter::Compare { name, op, value })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn queries_that_parse() {
        for query in [
            r#"{a="b"}"#,
            r#"{a="b", c=~"d.+"} |= "x" or "y" != "z" |~ "w" !~ `v`"#,
            r#"{a="b"} | json | level="error" and status>=500 or took > 1.5s, size<10KB"#,
            r#"{a="b"} | json != "x" | logfmt | drop __error__, b=~"c" | keep d"#,
            r#"sum by (level, detected_level) (count_over_time({a="b"} | drop __error__[60s]))"#,
            r#"sum(rate({a="b"}[5m])) by (a) / 2 + vector(1)"#,
            r#"count_over_time({a="b"}[1h30m] offset 5m)"#,
            r#"rate(({a="b"} |= "x")[1m])"#,
            r"vector(1)+vector(1)",
            r#"SUM BY (sum) (Count_Over_Time({by="b"} | LOGFMT |= "x" OR "y" | a="1" OR b="2" [1m]))"#,
            "# note\n{a=\"b\"} # end",
            "-1 ^ 2",
        ] {
            if let Err(error) = parse(query) {
                panic!("{query}: {error}");
            }
        }
    }

    #[test]
    fn patterns_of_lines_are_in_go_s_syntax() {
        for (written, line, expected) in [
            (r"{json}", "a {json} b", true),
            (r"\Qa+b\E", "a+b", true),
            (r"^\w+$", "größe", false),
            (r"\d", "٣", false),
            ("a.b", "a\nb", false),
        ] {
            let query = format!("{{a=\"b\"}} |~ `{written}`");
            let Ok(Expr::Log(LogExpr { stages, .. })) = parse(&query) else { panic!("{query}") };
            let [Stage::Line(LineFilter { alternatives, .. })] = &*stages else { panic!("{query}") };
            let [Pattern::Regex(regex)] = &**alternatives else { panic!("{query}") };
            assert_eq!(regex.is_match(line.as_bytes()), expected, "{written}");
        }
    }

    #[test]
    fn faults_are_named_with_their_place() {
        for (query, want) in [
            ("{a=\"b\"", "line 1, col 7: syntax error: unexpected end of query, expecting }"),
            ("{a=\"b\"} |=", "line 1, col 11"),
            ("\n {a b}", "line 2, col 5"),
            ("{a=~\"(\"}", "parse error"),
            ("{a=\"b\"} |~ \"a**\"", "error parsing regexp: invalid nested repetition operator: `**`"),
            ("{a=\"b\"} |~ \"(\"", "error parsing regexp: missing closing ): `(`"),
            ("{a=\"b\",}", "line 1, col 8: syntax error: unexpected }, expecting an identifier"),
            ("{,}", "line 1, col 2"),
            ("sum by (a,) (rate({a=\"b\"}[1m]))", "line 1, col 11"),
            ("{}", "at least one regexp or equality matcher"),
            ("{a=~\".*\"}", "at least one regexp or equality matcher"),
            ("topk(5, rate({a=\"b\"}[1m]))", "not supported yet: topk"),
            ("{a=\"b\"} | line_format \"x\"", "not supported yet: pipeline stage line_format"),
            ("rate({a=\"b\"})", "expecting ["),
            ("sum({a=\"b\"})", "expecting a metric query"),
            ("", "parse error : syntax error: unexpected $end"),
            (" # nothing", "parse error : syntax error: unexpected $end"),
        ] {
            let error = parse(query).expect_err(query).to_string();
            assert!(error.contains(want), "{query}: {error}");
        }
    }

    #[test]
    fn selectors_of_index_apis_take_no_pipelines() {
        assert!(parse_matchers("{}").is_ok_and(|m| m.is_empty()));
        for query in [r#"{a="b"} |= "x""#, r#"{a="b"} | json"#] {
            assert_eq!(parse_matchers(query).expect_err(query).to_string(), "only label matchers are supported");
        }
        assert!(parse_matchers(r#"{a="b"} x"#).expect_err("broken").to_string().contains("line 1, col 9"));
    }

    #[test]
    fn long_queries_and_selectors_are_refused() {
        let long = parse(&" ".repeat(QUERY_BYTES_MAX + 1)).expect_err("too long").to_string();
        assert_eq!(long, "parse error : input size too long (131073 > 131072)");
        let wide = format!("{{{}}}", vec!["a=\"b\""; MATCHERS_MAX + 1].join(","));
        let wide = parse(&wide).expect_err("too wide").to_string();
        assert_eq!(wide, "max streams matchers per query exceeded, matchers-count > limit (1001 > 1000)");
    }

    #[test]
    fn deep_nesting_is_an_error() {
        assert!(parse(&"(".repeat(10_000)).is_err());
        assert!(parse(&format!("{{a=\"b\"}} | {}", "(".repeat(10_000))).is_err());
        assert!(parse(&format!("1{}", "^1".repeat(10_000))).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in r#"[{}a="|~!() \[\]5ms,+\\é]{0,40}"#) {
            let _any = parse(&text);
        }
    }
}
