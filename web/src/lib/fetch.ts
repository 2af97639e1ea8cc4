import { api } from './url';

/** What the server said went wrong, in its own words. */
export class ApiError extends Error {}

export async function getJson<T>(path: string, params: Record<string, string | number>, signal: AbortSignal): Promise<T> {
  const response = await fetch(api(location.href, path, params), { signal, headers: { Accept: 'application/json' } });
  const text = await response.text();
  if (!response.ok) throw new ApiError(message(text) || `the server answered ${response.status}`);
  return JSON.parse(text) as T;
}

/** Prometheus wraps its errors in JSON, Loki and Tempo send plain text. */
function message(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'error' in body) return String(body.error);
  } catch {
    // Plain text.
  }
  return text.trim();
}
