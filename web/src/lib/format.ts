// Numbers and times for people. Every function takes the locale, so that all of them are pure.

const kSecond = 1_000;
const kMinute = 60 * kSecond;
const kHour = 60 * kMinute;
const kDay = 24 * kHour;

const numberFormats = new Map<string, Intl.NumberFormat>();

function number(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale + JSON.stringify(options);
  let format = numberFormats.get(key);
  if (!format) numberFormats.set(key, (format = new Intl.NumberFormat(locale, options)));
  return format;
}

/** "3:05", "1:02:03": a position in a recording, the same in every language. */
export function clock(ms: number): string {
  const total = Math.max(0, Math.floor((Number.isFinite(ms) ? ms : 0) / kSecond));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const seconds = String(total % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}

/** "1 min 20 s": a stretch of time in at most two units, for people and screen readers. */
export function span(ms: number, locale: string): string {
  const total = Math.max(0, Math.round((Number.isFinite(ms) ? ms : 0) / kSecond));
  const parts: [number, string][] = [
    [Math.floor(total / 3600), 'hour'],
    [Math.floor((total % 3600) / 60), 'minute'],
    [total % 60, 'second'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return unit(0, 'second', locale);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, name]) => unit(value, name, locale))
    .join(' ');
}

function unit(value: number, name: string, locale: string): string {
  return number(locale, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
}

const kByteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** "24.1 MB", in powers of a thousand, as file managers and disks count. */
export function bytes(count: number, locale: string): string {
  let value = Math.max(0, count);
  let step = 0;
  while (value >= 999.5 && step < kByteUnits.length - 1) {
    value /= 1000;
    step += 1;
  }
  return number(locale, {
    style: 'unit',
    unit: kByteUnits[step]!,
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 && step > 0 ? 1 : value < 100 && step > 1 ? 1 : 0,
  }).format(value);
}

export function percent(share: number, locale: string): string {
  // Rounded down: a job at 99.7 % is not finished.
  const whole = Math.floor(Math.min(1, Math.max(0, share)) * 100);
  return number(locale, { style: 'percent', maximumFractionDigits: 0 }).format(whole / 100);
}

/** "6.2×": how many times faster than real time. Empty when unknown. */
export function speed(factor: number, locale: string): string {
  if (!(factor > 0)) return '';
  const digits = factor < 10 ? 1 : 0;
  return `${number(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(factor)}×`;
}

export function count(value: number, locale: string): string {
  return number(locale, {}).format(value);
}

/** "5 minutes ago" within a week, the date after that. */
export function ago(when: string, now: number, locale: string): string {
  const then = Date.parse(when);
  if (Number.isNaN(then)) return '';
  const past = Math.max(0, now - then);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  if (past < kMinute) return relative.format(0, 'second');
  if (past < kHour) return relative.format(-Math.floor(past / kMinute), 'minute');
  if (past < kDay) return relative.format(-Math.floor(past / kHour), 'hour');
  if (past < 7 * kDay) return relative.format(-Math.floor(past / kDay), 'day');
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(then);
}

export function dateTime(when: string, locale: string): string {
  const then = Date.parse(when);
  if (Number.isNaN(then)) return '';
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(then);
}

/** A language's name in the reader's language; `fallback` is what the server calls it. */
export function languageName(code: string, locale: string, fallback = ''): string {
  if (!code) return fallback;
  try {
    const name = new Intl.DisplayNames(locale, { type: 'language', fallback: 'none' }).of(code);
    if (name) return capital(name, locale);
  } catch {
    // Not a code that Intl takes: the server's name is used.
  }
  return capital(fallback || code, locale);
}

export function capital(text: string, locale: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}

/** A title from an address: its last path part, decoded. */
export function nameFromUrl(url: string): string {
  try {
    const parsed = new URL(url);
    const last = parsed.pathname.split('/').filter(Boolean).at(-1);
    return last ? decodeURIComponent(last) : parsed.hostname;
  } catch {
    return url;
  }
}

/** True for an http(s) address and nothing else: what the server can fetch. */
export function isHttpUrl(text: string): boolean {
  try {
    const { protocol } = new URL(text.trim());
    return protocol === 'http:' || protocol === 'https:';
  } catch {
    return false;
  }
}
