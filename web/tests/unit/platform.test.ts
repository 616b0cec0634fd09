import { describe, expect, it } from 'vitest';
import { editingKeys, libraryKeys, studioBindings } from '$lib/keys';
import { isApple, shownKeys } from '$lib/platform';

describe('keys', () => {
  it('have Apple’s names on Apple’s machines alone', () => {
    expect(isApple({ platform: 'MacIntel' })).toBe(true);
    expect(isApple({ platform: 'iPhone' })).toBe(true);
    expect(isApple({ platform: 'MacIntel', userAgentData: { platform: 'macOS' } })).toBe(true);
    expect(isApple({ platform: 'Linux x86_64' })).toBe(false);
    expect(isApple({ platform: 'MacIntel', userAgentData: { platform: 'Windows' } })).toBe(false);
    expect(isApple({})).toBe(false);
  });
  it('are called by what is written on them', () => {
    expect(shownKeys('Ctrl Shift Z', true)).toBe('⌘ ⇧ Z');
    expect(shownKeys('Alt [', true)).toBe('⌥ [');
    expect(shownKeys('Control H', true)).toBe('⌃ H');
    expect(shownKeys('Ctrl ⇧ Z', false)).toBe('Ctrl ⇧ Z');
    expect(shownKeys('Control H', false)).toBe('Ctrl H');
  });
  it('of every list are without the words Ctrl, Alt and Shift there', () => {
    const all = [...editingKeys, ...libraryKeys].flatMap(({ shown }) => shown);
    for (const keys of [...all, ...studioBindings.map(({ shown }) => shown)])
      expect(shownKeys(keys, true)).not.toMatch(/Ctrl|Control|Alt|Shift/);
  });
});
