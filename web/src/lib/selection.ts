// Which rows of a list are chosen: pure, so that Shift and Ctrl mean the same everywhere.

export interface Chosen {
  ids: ReadonlySet<string>;
  /** Where a range begins: the row that was last chosen or unchosen alone. */
  anchor: string | null;
}

export const nothingChosen: Chosen = { ids: new Set(), anchor: null };

export function toggle(chosen: Chosen, id: string): Chosen {
  const ids = new Set(chosen.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id };
}

/** From the anchor to `id`, both included, become what the anchor is; what is chosen elsewhere stays. */
export function extend(chosen: Chosen, id: string, order: readonly string[]): Chosen {
  const from = chosen.anchor === null ? -1 : order.indexOf(chosen.anchor);
  const to = order.indexOf(id);
  if (from < 0 || to < 0) return toggle(chosen, id);
  const ids = new Set(chosen.ids);
  const on = chosen.ids.has(chosen.anchor!);
  for (const each of order.slice(Math.min(from, to), Math.max(from, to) + 1)) {
    if (on) ids.add(each);
    else ids.delete(each);
  }
  return { ids, anchor: chosen.anchor };
}

export function chooseAll(order: readonly string[]): Chosen {
  return { ids: new Set(order), anchor: order[0] ?? null };
}
