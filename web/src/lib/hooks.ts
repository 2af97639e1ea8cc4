import { useEffect, useRef, useState } from 'preact/hooks';

export type Load<T> = { state: 'idle' | 'loading' } | { state: 'done'; data: T } | { state: 'failed'; message: string };

/** Runs `load` when `key` changes; a run that is overtaken is aborted. */
export function useLoad<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>): Load<T> {
  const [result, setResult] = useState<Load<T>>({ state: 'idle' });
  useEffect(() => {
    if (key === null) {
      setResult({ state: 'idle' });
      return undefined;
    }
    const controller = new AbortController();
    setResult((before) => (before.state === 'done' ? before : { state: 'loading' }));
    load(controller.signal).then(
      (data) => setResult({ state: 'done', data }),
      (error: unknown) => {
        if (!controller.signal.aborted) {
          setResult({ state: 'failed', message: error instanceof Error ? error.message : String(error) });
        }
      },
    );
    return () => controller.abort();
  }, [key]);
  return result;
}

const RETRY_MS = 2000;
/** What has not come after a minute does not come soon. */
const RETRIES_MAX = 30;

/** Runs `again` every other second while `wanted`: a server that just started has its data still on its way. */
export function useRetry(wanted: boolean, again: () => void): void {
  const tries = useRef(0);
  const latest = useRef(again);
  latest.current = again;
  useEffect(() => {
    if (!wanted) return undefined;
    const timer = setInterval(() => {
      tries.current += 1;
      if (tries.current > RETRIES_MAX) clearInterval(timer);
      else latest.current();
    }, RETRY_MS);
    return () => clearInterval(timer);
  }, [wanted]);
}

/** Whether the newest of what a range up to now shows (in seconds; `null` for nothing) is long past. */
export function isLate(newest: number | null, end: number): boolean {
  return newest === null || newest < end - 90;
}
