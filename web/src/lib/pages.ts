import type { Page } from './types';

/** The pages of a list one after the other, up to `most` items. `complete` false: the list goes on. */
export async function everyPage<T>(
  read: (after: string | null, limit: number) => Promise<Page<T>>,
  most: number,
  pageSize = 500,
): Promise<{ items: T[]; complete: boolean }> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const page: Page<T> = await read(after, Math.min(pageSize, most - items.length));
    items.push(...page.items);
    after = page.items.length > 0 ? page.next : null;
  } while (after !== null && items.length < most);
  return { items, complete: after === null };
}

/** In pieces of at most `size`. */
export function piecesOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  );
}
