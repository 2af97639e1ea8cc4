//! Templates over the labels of a line, parsed once and executed per line.

use std::borrow::Cow;
use std::hint::black_box;

use aio_gotmpl::{Dot, Function, Functions, Host, Template, Type, Value};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Labels as a pipeline holds them: a few pairs, looked through from the front.
struct Labels(Vec<(&'static str, &'static str)>);

impl Host for Labels {}

impl Dot for Labels {
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| Cow::Borrowed(*value))
    }

    fn value(&self) -> Value<'static> {
        Value::Map(aio_gotmpl::Map::of_texts(self.0.iter().copied()).into())
    }
}

fn functions() -> Functions {
    let mut functions = Functions::new();
    functions.add("ToUpper", Function::new(&[Type::Text], |call| Ok(Value::from(call.text(0).to_uppercase()))));
    functions
}

const TEMPLATES: &[(&str, &str)] = &[
    ("fields", "{{.msg}} {{.level}} {{.status}}"),
    ("function", "{{.msg}} {{.level | ToUpper}}"),
    ("branch", r#"{{if eq .level "error"}}!{{else}}.{{end}} {{.msg}}"#),
    ("printf", r#"{{printf "%-10s %5s" .level .status}} {{.msg}}"#),
    ("whole", r#"{{index . "msg"}}"#),
];

fn lines(c: &mut Criterion) {
    let labels = Labels(vec![
        ("app", "shop"),
        ("level", "error"),
        ("msg", "cannot reach the warehouse"),
        ("path", "/cart/checkout"),
        ("status", "502"),
    ]);
    let mut group = c.benchmark_group("lines");
    group.throughput(Throughput::Elements(1));
    for (name, text) in TEMPLATES {
        let template = Template::parse("line", text, &functions()).expect("the template is well formed");
        let mut out = String::new();
        group.bench_function(*name, |b| {
            b.iter(|| {
                out.clear();
                template.execute(black_box(&labels), &mut out).expect("the template can be executed");
                black_box(out.len())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, lines);
criterion_main!(benches);
