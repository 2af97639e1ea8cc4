import type { Load } from '../lib/hooks';

interface Props<T> {
  load: Load<T>;
  isEmpty: (data: T) => boolean;
  empty: string;
  children: (data: T) => preact.ComponentChildren;
}

/** Loading, failed and empty are drawn, not forgotten. */
export function Status<T>({ load, isEmpty, empty, children }: Props<T>) {
  switch (load.state) {
    case 'idle':
      return null;
    case 'loading':
      return <p class="hint" role="status">Loading…</p>;
    case 'failed':
      return <pre class="error" role="alert" data-testid="error">{load.message}</pre>;
    case 'done':
      return isEmpty(load.data) ? <p class="hint" data-testid="empty">{empty}</p> : <>{children(load.data)}</>;
  }
}
