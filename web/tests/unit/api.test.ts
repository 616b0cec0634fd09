import { afterEach, describe, expect, it, vi } from 'vitest';
import { sentence } from '$lib/errors';
import { ApiError, api, contentUrl, exportUrl, problemFrom, withQuery } from '$lib/api';
import { uploadError } from '$lib/upload';

afterEach(() => vi.unstubAllGlobals());

describe('addresses', () => {
  it('leave out what is not given', () => {
    expect(withQuery('/x', { limit: 5, after: null, words: undefined, q: '' })).toBe('/x?limit=5');
    expect(withQuery('/x')).toBe('/x');
  });
  it('escape ids', () => {
    expect(contentUrl('a/b', true)).toBe('/api/v1/media/a%2Fb/content?download=1');
    expect(exportUrl('t1', 'srt', false)).toBe('/api/v1/transcripts/t1/export?format=srt&download=1');
    expect(exportUrl('t1', 'vtt', true)).toContain('words=1');
  });
});

describe('problems', () => {
  it('carry the server’s sentence and action', () => {
    const body = JSON.stringify({
      title: 'T',
      detail: 'The disk is full.',
      code: 'disk_full',
      action: 'Free some space.',
    });
    expect(problemFrom(507, body)).toMatchObject({
      status: 507,
      code: 'disk_full',
      message: 'The disk is full.',
      action: 'Free some space.',
    });
  });
  it('are plain where a proxy answers in HTML or in nonsense', () => {
    expect(problemFrom(502, '<html>').message).toBe('The server answered 502.');
    expect(problemFrom(500, '{"detail":5}').message).toBe('The server answered 500.');
  });
  it('of an upload come out of its last response', () => {
    const response = { getStatus: () => 413, getBody: () => '{"detail":"Too large.","code":"too_large"}' };
    const error = Object.assign(new Error('tus'), { originalResponse: response });
    expect(uploadError(error as never)).toMatchObject({ status: 413, message: 'Too large.' });
    expect(uploadError(new Error('offline')).is_network).toBe(true);
  });
});

describe('requests', () => {
  const answer = (status: number, body: string) =>
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => new Response(body || null, { status })),
    );

  it('send JSON and read JSON', async () => {
    answer(200, '{"id":"m1","title":"x"}');
    await expect(api.renameMedia('m1', 'x')).resolves.toMatchObject({ id: 'm1' });
    expect(fetch).toHaveBeenCalledWith(
      '/api/v1/media/m1',
      expect.objectContaining({ method: 'PATCH', body: '{"title":"x"}' }),
    );
  });
  it('take an empty answer', async () => {
    answer(204, '');
    await expect(api.deleteMedia('m1')).resolves.toBeUndefined();
  });
  it('fail with the problem', async () => {
    answer(404, '{"detail":"No recording m9.","code":"not_found"}');
    await expect(api.getMedia('m9')).rejects.toMatchObject({ status: 404, code: 'not_found' });
  });
  it('tell a missing server from a refusing one', async () => {
    vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('failed to fetch')));
    const error = await api.system().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).is_network).toBe(true);
  });
});

describe('sentence', () => {
  it.each([
    ['the disk is full', 'The disk is full.'],
    ['Already one.', 'Already one.'],
    ['http://x.example is inside', 'http://x.example is inside.'],
    ['“a” is empty', '“a” is empty.'],
    ['', ''],
  ])('makes %j into %j', (text, said) => expect(sentence(text)).toBe(said));
});
