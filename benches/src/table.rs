//! The table: a line a figure, a column a server, and how many times the first server's figure the others' are.

use crate::ask::Asked;

/// Lines of figures.
#[derive(Debug)]
pub(crate) struct Table {
    lines: Vec<String>,
}

impl Table {
    pub(crate) fn new<'a>(servers: impl Iterator<Item = &'a str>) -> Self {
        let mut line = format!("{:32}", "");
        servers.for_each(|name| line.push_str(&format!("{name:>24}")));
        Self { lines: vec![line] }
    }

    /// A figure of all servers, with so many digits.
    pub(crate) fn row(&mut self, name: &str, digits: usize, values: impl Iterator<Item = f64>) {
        let mut line = format!("{name:32}");
        let mut base = None;
        for value in values {
            let ratio = base.map(|base: f64| format!(" (x{:.2})", value / base)).unwrap_or_default();
            base.get_or_insert(value);
            line.push_str(&format!("{:>24}", format!("{value:.digits$}{ratio}")));
        }
        self.lines.push(line);
    }

    /// What the questions took: every server was asked the same ones.
    pub(crate) fn asked(&mut self, all: &[&[Asked]]) {
        let Some(first) = all.first() else { return };
        for (at, asked) in first.iter().enumerate() {
            let name = &asked.name;
            self.row(&format!("{name}, p50 ms"), 2, all.iter().map(|a| a[at].p50_ms));
            self.row(&format!("{:>w$}", "CPU ms", w = name.len() + 8), 2, all.iter().map(|a| a[at].cpu_ms));
        }
    }

    #[expect(clippy::print_stdout, reason = "the result")]
    pub(crate) fn print(&self) {
        self.lines.iter().for_each(|line| println!("{line}"));
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures to look at")]
pub(crate) fn float(n: u64) -> f64 {
    n as f64
}
