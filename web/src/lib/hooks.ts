import { useEffect, useState } from 'preact/hooks';

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
