import { describe, expect, it } from 'vitest';
import { looksLikeMedia } from '$lib/drop';
import { actionFor, bindings, type Pressed } from '$lib/keys';
import { choiceFrom, defaultChoice, jobRequest, kMaxPromptLength } from '$lib/options';
import { plainView } from '$lib/view';
import { momentPath, routeOf, searchPath } from '$lib/state/router.svelte';
import type { Model } from '$lib/types';

const models: Model[] = [
  { name: 'base', size_bytes: 1, multilingual: true, default: true, in_use: false },
  { name: 'tiny.en', size_bytes: 1, multilingual: false, default: false, in_use: false },
];

describe('choiceFrom', () => {
  it('takes what fits and forgets the rest', () => {
    expect(choiceFrom(null)).toEqual(defaultChoice);
    expect(choiceFrom('x')).toEqual(defaultChoice);
    const stored = { model: 7, language: 'de', task: 'sing', words: 'yes', prompt: 'a'.repeat(5000) };
    expect(choiceFrom(stored)).toEqual({
      ...defaultChoice,
      language: 'de',
      prompt: 'a'.repeat(kMaxPromptLength),
    });
  });
});

describe('jobRequest', () => {
  it('leaves the default model to the server', () => {
    expect(jobRequest('m1', defaultChoice, models, 'base')).toEqual({
      media_id: 'm1',
      language: 'auto',
      task: 'transcribe',
      words: true,
    });
  });
  it('names the chosen model and vocabulary', () => {
    const choice = { ...defaultChoice, model: 'base', prompt: ' Zimu ', task: 'translate' as const };
    expect(jobRequest('m1', choice, models, 'base')).toMatchObject({
      model: 'base',
      prompt: 'Zimu',
      task: 'translate',
    });
  });
  it('asks an English-only model for English', () => {
    const choice = { ...defaultChoice, model: 'tiny.en', language: 'de', task: 'translate' as const };
    expect(jobRequest('m1', choice, models, 'base')).toMatchObject({ language: 'en', task: 'transcribe' });
  });
  it('asks for a fast decoding where it is wanted', () => {
    const fast = choiceFrom({ accuracy: 'fast' });
    expect(jobRequest('m1', fast, models, 'base')).toMatchObject({ beam_size: 1 });
    expect(jobRequest('m1', choiceFrom({ accuracy: 'best' }), models, 'base').beam_size).toBeUndefined();
  });
  it('does not ask for a model that was removed', () => {
    expect(jobRequest('m1', { ...defaultChoice, model: 'gone' }, models, 'base').model).toBeUndefined();
  });
});

describe('actionFor', () => {
  const press = (key: string, code = '', changes: Partial<Pressed> = {}): Pressed => ({
    key,
    code,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    isComposing: false,
    shiftKey: false,
    getModifierState: () => false,
    ...changes,
  });

  it('knows letters by their place and signs by themselves', () => {
    expect(actionFor(press('о', 'KeyJ'), 'page')).toBe('back_long');
    expect(actionFor(press('?', 'Minus'), 'page')).toBe('help');
    expect(actionFor(press(' ', 'Space'), 'page')).toBe('play');
  });
  it('leaves typing alone', () => {
    expect(actionFor(press('j', 'KeyJ'), 'text')).toBeNull();
    expect(actionFor(press('j', 'KeyJ', { isComposing: true }), 'page')).toBeNull();
    expect(actionFor(press('l', 'KeyL', { ctrlKey: true }), 'page')).toBeNull();
    expect(actionFor(press('l', 'KeyL', { getModifierState: () => true }), 'page')).toBeNull();
  });
  it('lets Space press buttons and arrows move sliders', () => {
    expect(actionFor(press(' ', 'Space'), 'button')).toBeNull();
    expect(actionFor(press('k', 'KeyK'), 'button')).toBe('play');
    expect(actionFor(press('ArrowLeft', 'ArrowLeft'), 'slider')).toBeNull();
    expect(actionFor(press('ArrowLeft', 'ArrowLeft'), 'page')).toBe('back_short');
  });
  it('has no key twice', () => {
    const keys = bindings.flatMap((binding) =>
      binding.keys.map(({ code, key, shift }) => `${code ?? key} ${shift ?? ''}`),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('routeOf', () => {
  it('reads addresses', () => {
    expect(routeOf('/')).toEqual({ page: 'library', query: '', view: plainView });
    expect(routeOf('/', '?q=%E5%AD%97+a%26b')).toEqual({ page: 'library', query: '字 a&b', view: plainView });
    const recording = { page: 'recording', id: '0190-ab', at: null, transcript: '', view: 'text' };
    expect(routeOf('/media/0190-ab')).toEqual(recording);
    expect(routeOf('/media/0190-ab', '?t=soon')).toEqual(recording);
    const [path, search] = momentPath('0190-ab', 12_340, '0191').split('?');
    expect(routeOf(path!, `?${search}`)).toEqual({ ...recording, at: 12_340, transcript: '0191' });
    expect(routeOf('/', searchPath('c++ "a b"').slice(1))).toEqual({
      page: 'library',
      query: 'c++ "a b"',
      view: plainView,
    });
    expect(searchPath('')).toBe('/');
    expect(routeOf('/media/')).toEqual({ page: 'unknown' });
    expect(routeOf('/elsewhere')).toEqual({ page: 'unknown' });
  });
});

describe('looksLikeMedia', () => {
  it('goes by type or name', () => {
    expect(looksLikeMedia({ name: 'a', type: 'video/mp4' })).toBe(true);
    expect(looksLikeMedia({ name: 'Talk.MKV', type: '' })).toBe(true);
    expect(looksLikeMedia({ name: '.DS_Store', type: '' })).toBe(false);
    expect(looksLikeMedia({ name: 'cover.jpg', type: 'image/jpeg' })).toBe(false);
  });
});
