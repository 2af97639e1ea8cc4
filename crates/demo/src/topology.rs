//! Who calls whom.

/// A service of the shop.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// Whether it logs as Python's logging does, or in JSON.
    pub(crate) text_logs: bool,
    /// File and line its log lines name.
    pub(crate) file: &'static str,
}

pub(crate) const SERVICES: [Service; 7] = [
    Service { name: "frontend", version: "2.4.1", text_logs: false, file: "server.ts" },
    Service { name: "catalogue", version: "1.9.0", text_logs: true, file: "products.py" },
    Service { name: "recommendations", version: "0.7.3", text_logs: true, file: "ranking.py" },
    Service { name: "cart", version: "1.2.8", text_logs: false, file: "cart.go" },
    Service { name: "checkout", version: "3.1.0", text_logs: true, file: "orders.py" },
    Service { name: "payment", version: "2.0.5", text_logs: true, file: "charges.py" },
    Service { name: "shipping", version: "1.0.2", text_logs: false, file: "quotes.go" },
];

/// A database, cache or other party without telemetry of its own.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) system: &'static str,
    pub(crate) address: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) statement: &'static str,
    pub(crate) median_ms: f64,
}

const PRODUCTS: Backend = Backend {
    system: "postgresql",
    address: "catalogue-db",
    operation: "SELECT products",
    statement: "SELECT id, name, price FROM products WHERE shelf = $1 ORDER BY rank LIMIT 20",
    median_ms: 4.0,
};
const PRODUCT: Backend = Backend {
    operation: "SELECT product",
    statement: "SELECT * FROM products WHERE id = $1",
    median_ms: 2.0,
    ..PRODUCTS
};
const RANKS: Backend =
    Backend { system: "redis", address: "cache", operation: "ZRANGE", statement: "ZRANGE ranks 0 9", median_ms: 0.6 };
const CART_SET: Backend =
    Backend { system: "redis", address: "cache", operation: "HSET", statement: "HSET cart:? item ?", median_ms: 0.5 };
const CART_GET: Backend =
    Backend { system: "redis", address: "cache", operation: "HGETALL", statement: "HGETALL cart:?", median_ms: 0.7 };
const ORDERS: Backend = Backend {
    system: "postgresql",
    address: "orders-db",
    operation: "INSERT orders",
    statement: "INSERT INTO orders (customer, total) VALUES ($1, $2) RETURNING id",
    median_ms: 6.0,
};
const ZONES: Backend = Backend {
    operation: "SELECT zones",
    statement: "SELECT fee FROM zones WHERE postcode LIKE $1",
    median_ms: 3.0,
    ..ORDERS
};

/// The party that payments wait for.
pub(crate) const BANK: &str = "api.bank.example";

/// Something a service does when asked.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) service: usize,
    pub(crate) method: &'static str,
    pub(crate) route: &'static str,
    pub(crate) median_ms: f64,
    pub(crate) backend: Option<Backend>,
    /// Positions in [`OPERATIONS`].
    pub(crate) calls: &'static [usize],
    /// What its log line says when all went well.
    pub(crate) message: &'static str,
}

pub(crate) const CHECKOUT: usize = 9;
pub(crate) const CHARGE: usize = 10;

pub(crate) const OPERATIONS: [Operation; 12] = [
    Operation {
        service: 0,
        method: "GET",
        route: "/",
        median_ms: 3.0,
        backend: None,
        calls: &[5, 4],
        message: "page served",
    },
    Operation {
        service: 0,
        method: "GET",
        route: "/product/{id}",
        median_ms: 2.5,
        backend: None,
        calls: &[6, 4],
        message: "page served",
    },
    Operation {
        service: 0,
        method: "POST",
        route: "/cart",
        median_ms: 1.5,
        backend: None,
        calls: &[7],
        message: "item added",
    },
    Operation {
        service: 0,
        method: "POST",
        route: "/checkout",
        median_ms: 2.0,
        backend: None,
        calls: &[CHECKOUT],
        message: "checkout done",
    },
    Operation {
        service: 2,
        method: "GET",
        route: "/recommendations",
        median_ms: 5.0,
        backend: Some(RANKS),
        calls: &[5],
        message: "ranked 10 products",
    },
    Operation {
        service: 1,
        method: "GET",
        route: "/products",
        median_ms: 2.0,
        backend: Some(PRODUCTS),
        calls: &[],
        message: "listed 20 products",
    },
    Operation {
        service: 1,
        method: "GET",
        route: "/products/{id}",
        median_ms: 1.0,
        backend: Some(PRODUCT),
        calls: &[],
        message: "product found",
    },
    Operation {
        service: 3,
        method: "POST",
        route: "/items",
        median_ms: 1.0,
        backend: Some(CART_SET),
        calls: &[],
        message: "cart updated",
    },
    Operation {
        service: 3,
        method: "GET",
        route: "/items",
        median_ms: 0.8,
        backend: Some(CART_GET),
        calls: &[],
        message: "cart read",
    },
    Operation {
        service: 4,
        method: "POST",
        route: "/orders",
        median_ms: 6.0,
        backend: Some(ORDERS),
        calls: &[8, 11, CHARGE],
        message: "order placed",
    },
    Operation {
        service: 5,
        method: "POST",
        route: "/charges",
        median_ms: 3.0,
        backend: None,
        calls: &[],
        message: "card charged",
    },
    Operation {
        service: 6,
        method: "POST",
        route: "/quotes",
        median_ms: 1.5,
        backend: Some(ZONES),
        calls: &[],
        message: "quote made",
    },
];

/// What visitors do, with how often of 100.
pub(crate) const VISITS: [(usize, u64); 4] = [(0, 45), (1, 30), (2, 15), (3, 10)];
