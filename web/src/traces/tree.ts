// A trace as rows of a waterfall.

export interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number | string;
  bytesValue?: string;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: Attribute[] };
}

export interface Attribute {
  key: string;
  value?: AnyValue;
}

interface SpanJson {
  spanId: string;
  parentSpanId?: string;
  name?: string;
  kind?: string;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: Attribute[];
  events?: { timeUnixNano?: string; name?: string; attributes?: Attribute[] }[];
  status?: { code?: string; message?: string };
}

export interface Batch {
  resource?: { attributes?: Attribute[] };
  scopeSpans?: { spans?: SpanJson[] }[];
}

export interface SpanRow {
  id: string;
  name: string;
  service: string;
  kind: string;
  depth: number;
  /** Whether other rows hang below this one. */
  hasChildren: boolean;
  /** Nanoseconds after the start of the trace. */
  offset: number;
  /** Nanoseconds. */
  duration: number;
  failed: boolean;
  message: string;
  attributes: Attribute[];
  resource: Attribute[];
  events: { offset: number; name: string; attributes: Attribute[] }[];
}

export function text(value: AnyValue | undefined): string {
  if (value === undefined) return '';
  if (value.arrayValue) return `[${(value.arrayValue.values ?? []).map(text).join(', ')}]`;
  if (value.kvlistValue) return `{${(value.kvlistValue.values ?? []).map((a) => `${a.key}: ${text(a.value)}`).join(', ')}}`;
  return String(value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue ?? value.bytesValue ?? '');
}

interface Node {
  span: SpanJson;
  resource: Attribute[];
  start: bigint;
  children: Node[];
}

/** Rows in the order of the tree. Spans whose parent is missing are roots, and so is one of every circle. */
export function rows(batches: readonly Batch[]): { rows: SpanRow[]; duration: number } {
  const nodes: Node[] = [];
  for (const batch of batches) {
    for (const scope of batch.scopeSpans ?? []) {
      for (const span of scope.spans ?? []) {
        nodes.push({ span, resource: batch.resource?.attributes ?? [], start: BigInt(span.startTimeUnixNano ?? 0), children: [] });
      }
    }
  }
  nodes.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const byId = new Map(nodes.map((node) => [node.span.spanId, node]));
  const roots: Node[] = [];
  for (const node of nodes) {
    const parent = byId.get(node.span.parentSpanId ?? '');
    if (parent === undefined || parent === node) roots.push(node);
    else parent.children.push(node);
  }
  const start = nodes[0]?.start ?? 0n;
  const out: SpanRow[] = [];
  const seen = new Set<Node>();
  const walk = (first: Node) => {
    const open: [Node, number][] = [[first, 0]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [node, depth] = next;
      if (seen.has(node)) continue;
      seen.add(node);
      out.push(row(node, depth, start));
      for (const child of [...node.children].reverse()) open.push([child, depth + 1]);
    }
  };
  roots.forEach(walk);
  nodes.filter((node) => !seen.has(node)).forEach((node) => { if (!seen.has(node)) walk(node); });
  return { rows: out, duration: out.reduce((most, r) => Math.max(most, r.offset + r.duration), 0) };
}

function row(node: Node, depth: number, start: bigint): SpanRow {
  const { span } = node;
  const end = BigInt(span.endTimeUnixNano ?? 0);
  return {
    id: span.spanId,
    name: span.name ?? '',
    service: text(node.resource.find((a) => a.key === 'service.name')?.value),
    kind: (span.kind ?? '').replace('SPAN_KIND_', '').toLowerCase(),
    depth,
    hasChildren: node.children.length > 0,
    offset: Number(node.start - start),
    duration: end > node.start ? Number(end - node.start) : 0,
    failed: span.status?.code === 'STATUS_CODE_ERROR',
    message: span.status?.message ?? '',
    attributes: span.attributes ?? [],
    resource: node.resource,
    events: (span.events ?? []).map((event) => ({
      offset: Number(BigInt(event.timeUnixNano ?? 0) - start),
      name: event.name ?? '',
      attributes: event.attributes ?? [],
    })),
  };
}

/** Rows that are not hidden below a closed one. */
export function visible(all: readonly SpanRow[], closed: ReadonlySet<string>): SpanRow[] {
  const out: SpanRow[] = [];
  let hiddenBelow = Infinity;
  for (const row of all) {
    if (row.depth > hiddenBelow) continue;
    hiddenBelow = closed.has(row.id) ? row.depth : Infinity;
    out.push(row);
  }
  return out;
}
