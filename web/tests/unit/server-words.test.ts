import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiError } from '$lib/api';
import { errorText, failureWords } from '$lib/errors';
import { i18n } from '$lib/i18n/index.svelte';
import type { Findings, Messages } from '$lib/i18n/types';

// What the server can say, read from its sources, is there in every language.
const kServer = '../server/src';
const doctor = readdirSync(join(kServer, 'doctor'))
  .filter((name) => name.endsWith('.cpp') && !name.endsWith('_test.cpp'))
  .map((name) => readFileSync(join(kServer, 'doctor', name), 'utf8'))
  .join('\n');
const all = (source: string, pattern: RegExp) => [
  ...new Set([...source.matchAll(pattern)].map((match) => match[1]!)),
];

const checks = all(doctor, /Check(?: check)?\{"([a-z]+)"\}/g);
const codes = all(doctor, new RegExp(`"((?:${checks.join('|')})\\.[a-z_]+)"`, 'g')).sort();
const errors = all(
  readFileSync(join(kServer, 'base/result.cpp'), 'utf8'),
  /Name\{ErrorCode::k\w+, "([a-z_]+)"\}/g,
);

const findings = import.meta.glob<Findings>('../../src/lib/i18n/findings/*.ts', {
  import: 'default',
  eager: true,
});
const messages = import.meta.glob<Messages>('../../src/lib/i18n/messages/*.ts', {
  import: 'default',
  eager: true,
});
const language = (path: string) => path.replace(/^.*\/|\.ts$/g, '');

afterEach(() => i18n.use(['en']));

describe('the sources', () => {
  it('name every check, finding and error', () => {
    expect(checks.sort()).toEqual(['data', 'ffmpeg', 'gpu', 'ids', 'models', 'ollama', 'platform']);
    expect(codes.length).toBeGreaterThan(80);
    expect(errors).toContain('no_space');
    expect(errors).toHaveLength(19);
  });
  it('give every finding a code', () => {
    const findingsMade = doctor.match(/check\.(?:broken|degraded)\(/g) ?? [];
    const withCode = doctor.match(/check\.(?:broken|degraded)\(\s*"[a-z]+\.[a-z_]+",/g) ?? [];
    expect(withCode.length).toBe(findingsMade.length);
  });
});

describe('findings', () => {
  it('are there in every language but that of the server', () => {
    expect(Object.keys(findings).map(language).sort()).toEqual(
      Object.keys(messages)
        .map(language)
        .filter((name) => name !== 'en')
        .sort(),
    );
  });
  it.each(Object.entries(findings))('%s: all of them, no others, and nothing empty', (_path, known) => {
    expect(Object.keys(known).sort()).toEqual(codes);
    for (const [code, [text, fix]] of Object.entries(known)) {
      expect(text.trim() && fix.trim(), code).not.toBe('');
    }
  });
  it('come with the language', async () => {
    expect(i18n.finding('data.read_only')).toBeNull();
    await i18n.use(['zh-CN']);
    expect(i18n.finding('data.read_only')!.text).toContain('只读');
    expect(i18n.finding('data.of_a_newer_server')).toBeNull();
    expect(i18n.finding('constructor')).toBeNull();
  });
});

describe('checks and errors', () => {
  it.each(Object.entries(messages))('%s has words for all', (_path, known) => {
    const wanted = [...checks.map((name) => `doctor.${name}`), ...errors.map((code) => `problem.${code}`)];
    expect(wanted.filter((key) => !(key in known))).toEqual([]);
  });
  it('are the server’s sentence in English', () => {
    const failure = { code: 'no_space', message: 'the disk is full', action: 'free some space' };
    expect(failureWords(failure)).toEqual({ what: 'The disk is full.', more: 'Free some space.' });
    expect(failureWords({ code: 'no_space', message: '' }).what).toBe('The disk is full.');
  });
  it('are told by their code in Chinese, with the server’s words after', async () => {
    await i18n.use(['zh-CN']);
    const error = new ApiError(507, 'no_space', 'zimu.db: disk full', 'free some space');
    expect(errorText(error)).toBe('磁盘空间不足。 服务器原文：zimu.db: disk full. Free some space.');
    expect(errorText(new ApiError(400, 'of_a_newer_server', 'no such thing'))).toBe('No such thing.');
  });
});
