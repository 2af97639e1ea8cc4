//! Parser events to trees.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{Entry, Node, Value};
use crate::schema::Fault;

/// Nodes of one file, those that aliases repeat included.
const NODES_MAX: usize = 1_000_000;
const DEPTH_MAX: usize = 100;

/// The documents of a file; a file without any is one empty document.
///
/// # Errors
/// The first place that is no YAML, a key given twice, or a file over the bounds.
pub(crate) fn documents(text: &str) -> Result<Vec<Node>, Fault> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0 };
    let mut documents = Vec::new();
    loop {
        match reader.next()? {
            (Event::DocumentStart(_), _) => documents.push(reader.node(0)?),
            (Event::StreamEnd, _) => break,
            _ => {}
        }
    }
    if documents.is_empty() {
        documents.push(Node::empty());
    }
    Ok(documents)
}

struct Reader<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.parser.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Fault::new(error.marker().line(), error.info())),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, depth: usize) -> Result<Node, Fault> {
        let (event, span) = self.next()?;
        self.node_of(event, span, depth)
    }

    fn node_of(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Fault> {
        let line = span.start.line();
        self.count(1, line)?;
        if depth > DEPTH_MAX {
            return Err(Fault::new(line, "nested too deeply"));
        }
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, _tag) => (scalar(&text, style), anchor),
            Event::SequenceStart(anchor, _tag) => (self.list(depth)?, anchor),
            Event::MappingStart(anchor, _tag) => (self.map(depth)?, anchor),
            Event::Alias(anchor) => return self.alias(anchor, line),
            _ => return Err(Fault::new(line, "unexpected end of the document")),
        };
        let node = Node { line, value };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn count(&mut self, nodes: usize, line: usize) -> Result<(), Fault> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES_MAX { Err(Fault::new(line, "the file is too large")) } else { Ok(()) }
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Result<Node, Fault> {
        let node =
            self.anchors.get(&anchor).ok_or_else(|| Fault::new(line, "an alias of something unfinished"))?.clone();
        self.count(size(&node), line)?;
        Ok(Node { line, value: node.value })
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Value::List(items));
            }
            items.push(self.node_of(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Fault> {
        let (mut entries, mut merged) = (Vec::<Entry>::new(), Vec::new());
        let mut seen = std::collections::HashSet::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let is_plain = matches!(&event, Event::Scalar(_, ScalarStyle::Plain, _, _));
            let key_node = self.node_of(event, span, depth + 1)?;
            let key_line = key_node.line;
            let key = match key_node.value {
                Value::Scalar { text, .. } => text,
                _ => return Err(Fault::new(key_line, "a key must be a text")),
            };
            let node = self.node(depth + 1)?;
            if key == "<<" && is_plain {
                merged.push(node);
                continue;
            }
            if !seen.insert(key.clone()) {
                return Err(Fault::new(key_line, format!("the key `{key}` is given twice")));
            }
            entries.push(Entry { key, key_line, node });
        }
        for node in &merged {
            merge(&mut entries, node);
        }
        Ok(Value::Map(entries))
    }
}

/// What a map says itself wins over what it merges, an earlier source over a later one.
fn merge(entries: &mut Vec<Entry>, from: &Node) {
    for item in from.items() {
        merge(entries, item);
    }
    for entry in from.entries() {
        if !entries.iter().any(|e| e.key == entry.key) {
            entries.push(entry.clone());
        }
    }
}

fn size(node: &Node) -> usize {
    1 + node.items().iter().map(size).sum::<usize>() + node.entries().iter().map(|e| size(&e.node)).sum::<usize>()
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    let quoted = style != ScalarStyle::Plain;
    match text {
        "" | "~" | "null" | "Null" | "NULL" if !quoted => Value::Null,
        text => Value::Scalar { text: text.to_owned(), quoted },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Node {
        documents(text).expect("valid").remove(0)
    }

    #[test]
    fn lines_count_from_one() {
        let node = one("a: 1\nb:\n  - x\n  - c: 'null'\n");
        assert_eq!(node.line_of("b"), 2);
        assert_eq!(node.get("b").expect("there").items()[1].line_of("c"), 4);
        assert_eq!(node.get("b").expect("there").items()[1].text_of("c"), Some("null"));
    }

    #[test]
    fn anchors_and_merges_are_followed() {
        let node = one("base: &b {x: 1, y: 2}\nuse: {<<: *b, y: 3}\n");
        assert_eq!(
            (node.at("use.x").and_then(Node::text), node.at("use.y").and_then(Node::text)),
            (Some("1"), Some("3"))
        );
    }

    #[test]
    fn faults_have_their_line() {
        for (text, line) in [("a: 1\nb: [\n", 3), ("a: 1\na: 2\n", 2), ("a: 1\n b: 2\n", 2), ("x: *nowhere\n", 1)] {
            assert_eq!(documents(text).expect_err("must fail").line, line, "{text}");
        }
    }

    #[test]
    fn aliases_of_aliases_are_bounded() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..12 {
            let p = n - 1;
            text.push_str(&format!(
                "a{n}: &a{n} [*a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}]\n"
            ));
        }
        assert!(documents(&text).is_err());
        assert!(documents(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn an_empty_file_is_an_empty_document() {
        assert_eq!(documents("# nothing\n").expect("valid").len(), 1);
        assert_eq!(documents("a: 1\n---\nb: 2\n").expect("valid").len(), 2);
    }
}
