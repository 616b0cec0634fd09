// Tags as people type them.

/** The server's limits: of one tag, in UTF-8, and of one recording. */
export const kMostTagBytes = 100;
export const kMostTags = 32;

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const has = (tags: readonly string[], tag: string) => tags.some((other) => same(other, tag));

/** One tag: outer and repeated spaces go, and what is longer than the server takes. */
export function tidyTag(text: string): string {
  const encoder = new TextEncoder();
  let out = '';
  let bytes = 0;
  for (const point of text.trim().replace(/\s+/g, ' ')) {
    bytes += encoder.encode(point).length;
    if (bytes > kMostTagBytes) break;
    out += point;
  }
  return out.trim();
}

/** Several at once, parted by commas: also those of Chinese and Japanese keyboards. */
export function splitTags(text: string): string[] {
  const tags = text
    .split(/[,，、;；\n]/)
    .map(tidyTag)
    .filter(Boolean);
  return tags.filter((tag, at) => tags.findIndex((other) => same(other, tag)) === at);
}

/** For a selection: true on all, false on none, null on some. */
export function tagState(tag: string, holders: readonly { tags: readonly string[] }[]): boolean | null {
  const count = holders.filter((holder) => has(holder.tags, tag)).length;
  if (count === 0) return false;
  return count === holders.length ? true : null;
}

/** What each holder's tags become; those that stay the same are left out. */
export function retag<T extends { tags: readonly string[] }>(
  holders: readonly T[],
  add: ReadonlySet<string>,
  remove: ReadonlySet<string>,
): { holder: T; tags: string[] }[] {
  return holders
    .map((holder) => {
      const kept = holder.tags.filter((tag) => !has([...remove], tag));
      const tags = [...kept, ...[...add].filter((tag) => !has(kept, tag))];
      return { holder, tags };
    })
    .filter(({ holder, tags }) => tags.join('\n') !== holder.tags.join('\n'));
}
