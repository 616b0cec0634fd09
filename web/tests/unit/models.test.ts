import { describe, expect, it } from 'vitest';
import {
  applyPull,
  changesFiles,
  fetchable,
  installed,
  isOnItsWay,
  notInstalled,
  storageParts,
} from '$lib/models';
import { routeOf } from '$lib/state/router.svelte';
import type { ModelPull, Models, PullableModel } from '$lib/types';

const pull = (name: string, changes: Partial<ModelPull> = {}): ModelPull => ({
  name,
  state: 'available',
  progress: 0,
  done_bytes: 0,
  total_bytes: null,
  failure: null,
  ...changes,
});
const pullable = (name: string, changes: Partial<PullableModel> = {}): PullableModel => ({
  ...pull(name),
  multilingual: true,
  size_bytes: 100,
  ...changes,
});
const models = (changes: Partial<Models> = {}): Models => ({
  items: [
    { name: 'tiny', size_bytes: 70, multilingual: true, default: false, in_use: false },
    { name: 'small', size_bytes: 480, multilingual: true, default: false, in_use: false },
    { name: 'base', size_bytes: 140, multilingual: true, default: true, in_use: true },
  ],
  default: 'base',
  offline: false,
  pullable: [pullable('tiny', { state: 'installed' }), pullable('medium'), pullable('large-v3')],
  ...changes,
});

describe('applyPull', () => {
  it('puts an event into the place of its model and keeps what only the list knows', () => {
    const before = models();
    const after = applyPull(before, pull('medium', { state: 'pulling', progress: 0.5, total_bytes: 200 }));
    expect(after.pullable.map(({ name }) => name)).toEqual(['tiny', 'medium', 'large-v3']);
    expect(after.pullable[1]).toMatchObject({
      state: 'pulling',
      progress: 0.5,
      size_bytes: 100,
      multilingual: true,
    });
    expect(before.pullable[1]!.state).toBe('available');
  });
  it('adds a model that the catalogue does not have', () => {
    const after = applyPull(models(), pull('own.en', { state: 'waiting' }));
    expect(after.pullable.at(-1)).toMatchObject({ name: 'own.en', state: 'waiting', multilingual: false });
  });
  it('takes a failure away with the next try', () => {
    const failure = { code: 'no_space', message: 'The disk is full', action: 'Free some' };
    const failed = applyPull(models(), pull('medium', { state: 'failed', failure }));
    expect(failed.pullable[1]!.failure).toEqual(failure);
    expect(applyPull(failed, pull('medium', { state: 'waiting' })).pullable[1]!.failure).toBeNull();
  });
});

describe('the lists', () => {
  it('show the default first, then by size', () => {
    expect(installed(models()).map(({ name }) => name)).toEqual(['base', 'tiny', 'small']);
  });
  it('show what is on its way before what failed before the catalogue', () => {
    const all = models({
      pullable: [
        pullable('tiny', { state: 'installed' }),
        pullable('medium'),
        pullable('large-v2', { state: 'failed' }),
        pullable('large-v3', { state: 'pulling' }),
        pullable('turbo', { state: 'waiting' }),
      ],
    });
    expect(notInstalled(all).map(({ name }) => name)).toEqual(['large-v3', 'turbo', 'large-v2', 'medium']);
  });
});

describe('fetchable', () => {
  it('is a model of the catalogue that is not here', () => {
    expect(fetchable(models(), 'medium')?.name).toBe('medium');
    expect(fetchable(models(), 'tiny')).toBeNull();
    expect(fetchable(models(), 'own')).toBeNull();
    expect(fetchable(models({ offline: true }), 'medium')).toBeNull();
  });
});

describe('states', () => {
  it('say what they mean', () => {
    expect(isOnItsWay(pull('x', { state: 'waiting' }))).toBe(true);
    expect(isOnItsWay(pull('x', { state: 'failed' }))).toBe(false);
    expect(changesFiles(pull('x', { state: 'installed' }))).toBe(true);
    expect(changesFiles(pull('x', { state: 'pulling' }))).toBe(false);
  });
});

describe('storageParts', () => {
  it('are shares of all there is', () => {
    const parts = storageParts({ database_bytes: 10, uploads_bytes: 20, models_bytes: 30, free_bytes: 40 });
    expect(parts.map(({ kind }) => kind)).toEqual(['uploads', 'models', 'database', 'free']);
    expect(parts.map(({ share }) => share)).toEqual([0.2, 0.3, 0.1, 0.4]);
  });
  it('are nothing where nothing is known', () => {
    const none = storageParts({ database_bytes: 0, uploads_bytes: 0, models_bytes: 0, free_bytes: 0 });
    expect(none.every(({ share }) => share === 0)).toBe(true);
  });
});

describe('the address', () => {
  it('of the page', () => {
    expect(routeOf('/system')).toEqual({ page: 'system' });
    expect(routeOf('/system/')).toEqual({ page: 'system' });
    expect(routeOf('/system/x')).toEqual({ page: 'unknown' });
  });
});
