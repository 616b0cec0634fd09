import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import en from '$lib/i18n/messages/en';
import { chooseLocale, ownName, translate } from '$lib/i18n/translate';
import type { Message, Messages } from '$lib/i18n/types';

const languages = import.meta.glob<Messages>('../../src/lib/i18n/messages/*.ts', {
  import: 'default',
  eager: true,
});
const forms = (message: Message) => (typeof message === 'string' ? [message] : Object.values(message));
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe.each(Object.entries(languages))('%s', (path, messages) => {
  it('has the keys of English and no others', () => {
    expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
  });
  it('fills the same holes in every form', () => {
    for (const [key, message] of Object.entries(messages)) {
      const wanted = holes(forms(en[key as keyof typeof en])[0]!);
      for (const form of forms(message)) expect(holes(form), `${path} ${key}`).toEqual(wanted);
    }
  });
  it('leaves nothing empty', () => {
    for (const [key, message] of Object.entries(messages)) {
      for (const form of forms(message)) expect(form.trim(), key).not.toBe('');
    }
  });
});

describe('keys', () => {
  it('are all used by a component', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
    const source = files
      .filter((name) => /\.(svelte|ts)$/.test(name) && !name.includes('messages'))
      .map((name) => readFileSync(join('src', name), 'utf8'))
      .join('\n');
    const families = [...source.matchAll(/`([a-z_]+(?:\.[a-z_]+)*\.)\$\{/g)].map((match) => match[1]!);
    const unused = Object.keys(en).filter(
      (key) => !source.includes(`'${key}'`) && !families.some((family) => key.startsWith(family)),
    );
    expect(unused).toEqual([]);
  });
});

describe('translate', () => {
  it('chooses the plural form and writes numbers as the language does', () => {
    const message = { one: '{count} line', other: '{count} lines' };
    expect(translate(message, { count: 1 }, 'en')).toBe('1 line');
    expect(translate(message, { count: 1234 }, 'en')).toBe('1,234 lines');
    expect(translate({ other: '{count} 行' }, { count: 1 }, 'zh-CN')).toBe('1 行');
  });
  it('leaves a hole that nothing fills', () => {
    expect(translate('{a} and {b}', { a: 'x' }, 'en')).toBe('x and {b}');
  });
});

describe('chooseLocale', () => {
  const available = ['en', 'zh-CN'];
  it('takes the first that there is, near or exact', () => {
    expect(chooseLocale(['zh-TW', 'en'], available, 'en')).toBe('zh-CN');
    expect(chooseLocale(['fr', 'en-GB'], available, 'zh-CN')).toBe('en');
    expect(chooseLocale(['fr'], available, 'en')).toBe('en');
    expect(chooseLocale(['ZH-cn'], available, 'en')).toBe('zh-CN');
  });
});

describe('ownName', () => {
  it('is in the language itself', () => {
    expect(ownName('en')).toBe('English');
    expect(ownName('zh-CN')).toBe('简体中文');
    expect(ownName('fr')).toBe('Français');
  });
});
