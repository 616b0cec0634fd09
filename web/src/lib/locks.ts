// Which page works on what, told to the other tabs. Browsers offer it on https and localhost only; elsewhere
// nothing is locked, and a tab may offer what another one has at hand.

/** Held for as long as the page lives, or until the answer is called. */
export function holdLock(name: string): () => void {
  if (!navigator.locks) return () => {};
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  void navigator.locks.request(name, () => held);
  return release;
}

export async function lockedNames(): Promise<Set<string>> {
  if (!navigator.locks) return new Set();
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map((lock) => lock.name ?? ''));
}
