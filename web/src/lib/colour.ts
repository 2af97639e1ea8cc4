/** Hues that stay apart in both themes. */
const HUES = [172, 24, 262, 340, 96, 208, 44, 300, 140, 4, 232, 66];

export function hue(index: number): number {
  return HUES[index % HUES.length] ?? 0;
}

/** The same name has the same hue everywhere. */
export function hueOf(name: string): number {
  let hash = 0;
  for (const c of name) hash = (hash * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  return hue(hash);
}

export function stroke(hueValue: number, dark: boolean): string {
  return dark ? `hsl(${hueValue} 62% 62%)` : `hsl(${hueValue} 62% 38%)`;
}
