// Times as people type them: "1:02.500", "62.5", "1:02:03,250".

const kTime = /^\s*(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,5})(?:[.,](\d{1,3}))?\s*$/;

/** Milliseconds, or null for what is no time. Minutes and seconds beside larger units stay below 60. */
export function parseTime(text: string): number | null {
  const found = kTime.exec(text);
  if (!found) return null;
  const [, hours, minutes, seconds, fraction = ''] = found;
  if ((minutes !== undefined && Number(seconds) >= 60) || (hours !== undefined && Number(minutes) >= 60))
    return null;
  const whole = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds);
  return whole * 1000 + Number(fraction.padEnd(3, '0') || 0);
}

/** "1:02.500", "1:02:03.250". */
export function exactTime(ms: number): string {
  const total = Math.max(0, Math.round(ms));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(total / 3_600_000);
  const minutes = Math.floor(total / 60_000) % 60;
  const seconds = two(Math.floor(total / 1000) % 60);
  const rest = String(total % 1000).padStart(3, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${seconds}.${rest}` : `${minutes}:${seconds}.${rest}`;
}
