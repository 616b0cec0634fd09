import { describe, expect, it } from 'vitest';
import * as format from '$lib/format';

describe('clock', () => {
  it('shows hours only where there are any', () => {
    expect(format.clock(0)).toBe('0:00');
    expect(format.clock(65_999)).toBe('1:05');
    expect(format.clock(3_600_000)).toBe('1:00:00');
    expect(format.clock(14_400_000 + 62_000)).toBe('4:01:02');
  });
  it('takes what a broken file may say', () => {
    expect(format.clock(Number.NaN)).toBe('0:00');
    expect(format.clock(-5)).toBe('0:00');
    expect(format.clock(Number.POSITIVE_INFINITY)).toBe('0:00');
  });
});

describe('span', () => {
  it('uses two units at most and leaves empty ones out', () => {
    expect(format.span(80_000, 'en')).toBe('1 min 20 sec');
    expect(format.span(3_600_000, 'en')).toBe('1 hr');
    expect(format.span(3_725_000, 'en')).toBe('1 hr 2 min');
    expect(format.span(400, 'en')).toBe('0 sec');
    expect(format.span(80_000, 'zh-CN')).toBe('1分钟 20秒');
  });
});

describe('bytes', () => {
  it('counts in thousands and keeps three figures at most', () => {
    expect(format.bytes(0, 'en')).toBe('0 byte');
    expect(format.bytes(18_000, 'en')).toBe('18 kB');
    expect(format.bytes(24_130_000, 'en')).toBe('24.1 MB');
    expect(format.bytes(999_999, 'en')).toBe('1 MB');
    expect(format.bytes(1_400_000_000, 'en')).toBe('1.4 GB');
  });
});

describe('percent', () => {
  it('is full only at the end', () => {
    expect(format.percent(0.999, 'en')).toBe('99%');
    expect(format.percent(1, 'en')).toBe('100%');
    expect(format.percent(-1, 'en')).toBe('0%');
  });
});

describe('speed', () => {
  it('says nothing where nothing is known', () => {
    expect(format.speed(0, 'en')).toBe('');
    expect(format.speed(Number.NaN, 'en')).toBe('');
    expect(format.speed(6.24, 'en')).toBe('6.2×');
    expect(format.speed(6.24, 'de')).toBe('6,2×');
    expect(format.speed(31.4, 'en')).toBe('31×');
  });
});

describe('ago', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  it('is relative for a week', () => {
    expect(format.ago('2026-11-24T11:59:30Z', now, 'en')).toBe('now');
    expect(format.ago('2026-11-24T11:55:00Z', now, 'en')).toBe('5 minutes ago');
    expect(format.ago('2026-11-23T10:00:00Z', now, 'en')).toBe('yesterday');
    expect(format.ago('2026-11-01T10:00:00Z', now, 'en')).toBe('Nov 1, 2026');
  });
  it('does not see the future where clocks differ', () => {
    expect(format.ago('2026-11-24T12:00:20Z', now, 'en')).toBe('now');
    expect(format.ago('nonsense', now, 'en')).toBe('');
  });
});

describe('languageName', () => {
  it('prefers the reader’s language', () => {
    expect(format.languageName('de', 'en')).toBe('German');
    expect(format.languageName('de', 'zh-CN')).toBe('德语');
  });
  it('falls back to the server’s name', () => {
    expect(format.languageName('xx-nonsense-', 'en', 'hawaiian')).toBe('Hawaiian');
  });
});

describe('urls', () => {
  it('takes http and https alone', () => {
    expect(format.isHttpUrl(' https://example.org/a.mp3 ')).toBe(true);
    expect(format.isHttpUrl('file:///etc/passwd')).toBe(false);
    expect(format.isHttpUrl('javascript:alert(1)')).toBe(false);
    expect(format.isHttpUrl('a.mp3')).toBe(false);
  });
  it('names a recording after its file', () => {
    expect(format.nameFromUrl('https://example.org/x/My%20talk.mp3?s=1')).toBe('My talk.mp3');
    expect(format.nameFromUrl('https://example.org/')).toBe('example.org');
  });
});
