//! From text to words. Words mean other things inside of braces and brackets, as in Prometheus' own lexer.

mod text;
mod words;

use super::ast::{BinaryOp, Span};
use super::quote::quote_char;
use super::token::{Token, TokenKind};

/// The words of a text. The last one is [`TokenKind::End`] or a [`TokenKind::Fault`].
pub(super) fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, ..Lexer::default() };
    while lexer.mode != Mode::Done {
        lexer.start = lexer.at;
        match lexer.mode {
            Mode::Done => {}
            Mode::Duration => lexer.duration(),
            Mode::Statement if lexer.in_braces => lexer.braces(),
            Mode::Statement => lexer.statement(),
        }
    }
    lexer.tokens
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    #[default]
    Statement,
    /// Behind a left bracket, up to the first number.
    Duration,
    Done,
}

#[derive(Default)]
struct Lexer<'a> {
    text: &'a str,
    /// Where the word starts.
    start: usize,
    at: usize,
    tokens: Vec<Token>,
    mode: Mode,
    depth: usize,
    in_braces: bool,
    in_brackets: bool,
    has_colon: bool,
    has_duration: bool,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn accept(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.next();
        }
    }

    fn word(&self) -> &str {
        self.text.get(self.start..self.at).unwrap_or_default()
    }

    fn emit(&mut self, kind: TokenKind) {
        self.tokens.push(Token { kind, span: Span { start: self.start, end: self.at } });
        self.start = self.at;
    }

    /// A fault of the word that is being read; behind the last word where none is.
    fn fault(&mut self, why: impl Into<String>) {
        let span = Span { start: self.start, end: self.text.len() };
        self.tokens.push(Token { kind: TokenKind::Fault(why.into()), span });
        self.mode = Mode::Done;
    }

    fn statement(&mut self) {
        let Some(c) = self.next() else { return self.end() };
        match c {
            '#' => self.comment(),
            c if is_space(c) => self.skip(is_space),
            ',' => self.emit(TokenKind::Comma),
            '@' => self.emit(TokenKind::At),
            '(' => self.open(),
            ')' => self.close(),
            '{' => {
                self.emit(TokenKind::LeftBrace);
                self.in_braces = true;
            }
            '[' => self.open_bracket(),
            ']' => self.close_bracket(),
            '"' | '\'' => self.string(c),
            '`' => self.raw_string(),
            c if c.is_ascii_digit() || (c == '.' && self.peek().is_some_and(|c| c.is_ascii_digit())) => self.number(),
            c if is_alpha(c) || c == ':' => self.identifier(c),
            c => self.operator(c),
        }
    }

    fn end(&mut self) {
        if self.depth > 0 {
            self.fault("unclosed left parenthesis");
        } else if self.in_brackets {
            self.fault("unclosed left bracket");
        } else {
            self.emit(TokenKind::End);
            self.mode = Mode::Done;
        }
    }

    /// Keywords are labels here.
    fn braces(&mut self) {
        let Some(c) = self.next() else { return self.fault("unexpected end of input inside braces") };
        match c {
            '#' => self.comment(),
            c if is_space(c) => self.skip(is_space),
            c if is_alpha(c) => {
                self.skip(is_word);
                self.emit(TokenKind::Identifier);
            }
            ',' => self.emit(TokenKind::Comma),
            '"' | '\'' => self.string(c),
            '`' => self.raw_string(),
            '=' if self.accept('~') => self.emit(TokenKind::EqualRegex),
            '=' => self.emit(TokenKind::Equal),
            '!' if self.accept('~') => self.emit(TokenKind::NotEqualRegex),
            '!' if self.accept('=') => self.emit(TokenKind::Operator(BinaryOp::NotEqual)),
            '!' => self.unexpected_after("'!' inside braces"),
            '{' => self.fault("unexpected left brace '{'"),
            '}' => {
                self.emit(TokenKind::RightBrace);
                self.in_braces = false;
            }
            c => self.fault(format!("unexpected character inside braces: {}", quote_char(c))),
        }
    }

    fn duration(&mut self) {
        let Some(c) = self.next() else { return self.fault("unexpected end of input in duration expression") };
        match c {
            c if is_space(c) => self.skip(is_space),
            ']' => {
                self.close_bracket();
                self.has_colon = false;
            }
            ':' => self.duration_colon(),
            '(' => self.open(),
            ')' => self.close(),
            ',' => self.emit(TokenKind::Comma),
            '+' | '-' | '*' | '/' | '%' | '^' => self.arithmetic(c),
            c if c.is_ascii_digit() || (c == '.' && self.peek().is_some_and(|c| c.is_ascii_digit())) => {
                self.has_duration = true;
                self.mode = Mode::Statement;
                self.number();
            }
            c if starts_duration_function(c) => {
                if !self.duration_function() {
                    self.fault(format!("unexpected character in duration expression: {}", quote_char(c)));
                }
            }
            c => self.fault(format!("unexpected character in duration expression: {}", quote_char(c))),
        }
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_alpha(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn starts_duration_function(c: char) -> bool {
    matches!(c.to_ascii_lowercase(), 's' | 'r' | 'm')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let words: Vec<String> = lex(text).iter().map(|token| token.describe(text)).collect();
        assert_eq!(words.join(" "), expected, "{text}");
    }

    #[test]
    fn words_are_told_apart() {
        for (text, expected) in [
            (
                "SUM by (le)(a:b)",
                "<aggr:SUM> <by> \"(\" identifier \"le\" \")\" \"(\" metric identifier \"a:b\" \")\" end of input",
            ),
            (
                "fill fill(1) </ Inf",
                "identifier \"fill\" <fill> \"(\" number \"1\" \")\" <op:</> number \"Inf\" end of input",
            ),
            (
                "{sum=~`a\\d`, x!=''}",
                "\"{\" identifier \"sum\" <op:=~> string \"`a\\\\d`\" \",\" identifier \"x\" <op:!=> string \"''\" \"}\" end of input",
            ),
            (
                "a[5m + step():1m]",
                "identifier \"a\" \"[\" duration \"5m\" <op:+> \"step\" \"(\" \")\" \":\" duration \"1m\" \"]\" end of input",
            ),
            ("'a long string' # comment\n@", "string \"'a long st\"... <op:@> end of input"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn faults_end_the_text() {
        for (text, expected) in [
            ("(1))", "\"(\" number \"1\" \")\" unexpected right parenthesis ')'"),
            ("'a", "unterminated quoted string"),
            ("\"\\c\"", "unknown escape sequence U+0063 'c'"),
            ("\"\\ud800\"", "escape sequence is an invalid Unicode code point"),
            ("a[5s x", "identifier \"a\" \"[\" duration \"5s\" unexpected character: 'x', expected ':'"),
            ("a[:", "identifier \"a\" \"[\" unexpected colon before duration in duration expression"),
            ("1 !~ 1", "number \"1\" unexpected character after '!': '~'"),
            ("\u{e9}", "unexpected character: '\u{e9}'"),
        ] {
            check(text, expected);
        }
    }
}
