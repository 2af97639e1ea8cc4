//! Operators, as queries write them.

/// Between two fields or values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `=`, `>` …
    Compare(CompareOp),
    /// `=~`, anchored at both ends; `!~` where it is false.
    Match(bool),
    /// `+`, `*` …
    Arithmetic(ArithmeticOp),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// How numbers become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `^`
    Power,
}

/// Between two sets of spans of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpansetOp {
    /// `&&`: all of both, where neither is empty.
    And,
    /// `||`: all of both.
    Or,
    /// By where spans are in the tree.
    Related(Relation, Which),
}

/// What a span on the right is to one on the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `>`
    Child,
    /// `<`
    Parent,
    /// `>>`
    Descendant,
    /// `<<`
    Ancestor,
    /// `~`
    Sibling,
}

/// Which spans of a structural operator are the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those on the right that relate to one on the left.
    Right,
    /// `!`: those on the right that relate to none.
    Unrelated,
    /// `&`: those of both sides that relate to one of the other.
    Both,
}

impl BinaryOp {
    /// As queries write it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::And => "&&",
            Self::Or => "||",
            Self::Match(true) => "=~",
            Self::Match(false) => "!~",
            Self::Compare(op) => op.text(),
            Self::Arithmetic(op) => op.text(),
        }
    }
}

impl CompareOp {
    /// As queries write it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
        }
    }

    pub(crate) fn of(text: &str) -> Option<Self> {
        let all = [Self::Equal, Self::NotEqual, Self::Greater, Self::GreaterOrEqual, Self::Less, Self::LessOrEqual];
        all.into_iter().find(|op| op.text() == text)
    }

    /// Whether it holds for two values in this order; `None` where they have none, which only `!=` accepts.
    pub(crate) fn holds(self, order: Option<std::cmp::Ordering>) -> bool {
        match self {
            Self::Equal => order.is_some_and(std::cmp::Ordering::is_eq),
            Self::NotEqual => order.is_none_or(std::cmp::Ordering::is_ne),
            Self::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
            Self::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
            Self::Less => order.is_some_and(std::cmp::Ordering::is_lt),
            Self::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
        }
    }

    /// Whether it needs no order.
    pub(crate) fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }

    /// The same with sides changed.
    pub(crate) fn reversed(self) -> Self {
        match self {
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            same => same,
        }
    }
}

impl ArithmeticOp {
    /// As queries write it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Power => "^",
        }
    }

    pub(crate) fn of(text: &str) -> Option<Self> {
        let all = [Self::Add, Self::Subtract, Self::Multiply, Self::Divide, Self::Modulo, Self::Power];
        all.into_iter().find(|op| op.text() == text)
    }
}

impl SpansetOp {
    /// With the text of each.
    const ALL: [(&'static str, Self); 17] = [
        ("&&", Self::And),
        ("||", Self::Or),
        (">", Self::Related(Relation::Child, Which::Right)),
        ("<", Self::Related(Relation::Parent, Which::Right)),
        (">>", Self::Related(Relation::Descendant, Which::Right)),
        ("<<", Self::Related(Relation::Ancestor, Which::Right)),
        ("~", Self::Related(Relation::Sibling, Which::Right)),
        ("!>", Self::Related(Relation::Child, Which::Unrelated)),
        ("!<", Self::Related(Relation::Parent, Which::Unrelated)),
        ("!>>", Self::Related(Relation::Descendant, Which::Unrelated)),
        ("!<<", Self::Related(Relation::Ancestor, Which::Unrelated)),
        ("!~", Self::Related(Relation::Sibling, Which::Unrelated)),
        ("&>", Self::Related(Relation::Child, Which::Both)),
        ("&<", Self::Related(Relation::Parent, Which::Both)),
        ("&>>", Self::Related(Relation::Descendant, Which::Both)),
        ("&<<", Self::Related(Relation::Ancestor, Which::Both)),
        ("&~", Self::Related(Relation::Sibling, Which::Both)),
    ];

    /// As queries write it.
    #[must_use]
    pub fn text(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, op)| *op == self).map_or("", |(text, _)| text)
    }

    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == text).map(|(_, op)| op)
    }
}
