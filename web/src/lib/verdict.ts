export type Verdict = 'good' | 'degraded' | 'broken' | 'unknown';

/** "good" and "ok" are the same to people; so are their opposites. */
export function knownVerdict(word: string): Verdict {
  if (['good', 'ok', 'ready', 'healthy'].includes(word)) return 'good';
  if (['degraded', 'warn', 'warning'].includes(word)) return 'degraded';
  if (['broken', 'fail', 'failed', 'error'].includes(word)) return 'broken';
  return 'unknown';
}
