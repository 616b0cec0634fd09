/** Does `work` for each item, a few at a time; answers what failed, in order. */
export async function inTurns<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  atOnce = 3,
): Promise<{ item: T; error: unknown }[]> {
  const failed: { at: number; item: T; error: unknown }[] = [];
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at]!;
      try {
        await work(item);
      } catch (error) {
        failed.push({ at, item, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return failed.sort((a, b) => a.at - b.at).map(({ item, error }) => ({ item, error }));
}
