import { describe, expect, test } from 'vitest';
import { studioActionFor, studioBindings } from '../../src/lib/keys';
import {
  countByRule,
  kFirstValues,
  nextProblem,
  problemFrom,
  ruleFields,
  sensible,
  wrongValue,
} from '../../src/lib/subtitles/rules';
import { exact, factorOf, kRates, rateAnchors, refusalOf, stretched } from '../../src/lib/subtitles/stretch';
import {
  joinColor,
  kUsualStyle,
  pictureIn,
  sensibleStyle,
  splitColor,
  styleScale,
} from '../../src/lib/subtitles/style';
import { decodeText, trackFormat } from '../../src/lib/subtitles/text_file';
import { routeOf, subtitlesPath } from '../../src/lib/state/router.svelte';

const violation = (cue: number, rule: string) => ({
  cue,
  rule,
  value: 2,
  limit: 1,
  start_ms: cue * 1000,
  end_ms: cue * 1000 + 500,
  text: '',
});

describe('rules', () => {
  test('own values are sent with the preset custom alone', () => {
    expect(ruleFields({ preset: 'bbc', own: kFirstValues })).toEqual({ preset: 'bbc' });
    expect(ruleFields({ preset: 'custom', own: kFirstValues })).toEqual({
      preset: 'custom',
      ...kFirstValues,
    });
  });

  test('what was stored is made whole', () => {
    expect(sensible(null)).toEqual({ preset: 'netflix', own: kFirstValues });
    expect(sensible({ preset: 'nobody', own: { lines: 9, cps: 12.5, gap_ms: 120 } })).toEqual({
      preset: 'netflix',
      own: { ...kFirstValues, gap_ms: 120 },
    });
  });

  test('a wrong value is named', () => {
    expect(wrongValue(kFirstValues)).toBeNull();
    expect(wrongValue({ ...kFirstValues, cps: 0 })).toBe('cps');
    expect(wrongValue({ ...kFirstValues, lines: NaN })).toBe('lines');
    expect(wrongValue({ ...kFirstValues, shortest_ms: 8000 })).toBe('longest_ms');
  });

  test('problems are counted by rule and walked around the end', () => {
    const all = [
      violation(0, 'gap'),
      violation(4, 'line_length'),
      violation(4, 'gap'),
      violation(9, 'overlap'),
    ];
    expect(countByRule(all)).toEqual([
      { rule: 'line_length', count: 1 },
      { rule: 'gap', count: 2 },
      { rule: 'overlap', count: 1 },
    ]);
    expect(nextProblem(4, 3, 1)).toBe(0);
    expect(nextProblem(4, 0, -1)).toBe(3);
    expect(nextProblem(0, -1, 1)).toBe(-1);
    expect(problemFrom(all, 4, 1)).toBe(3);
    expect(problemFrom(all, 4, -1)).toBe(0);
    expect(problemFrom(all, 9, 1)).toBe(0);
    expect(problemFrom(all, 0, -1)).toBe(3);
    expect(problemFrom([], 0, 1)).toBe(-1);
  });
});

describe('times of all cues', () => {
  test('two anchors are met exactly, and the line goes on beyond them', () => {
    const anchors = { from_a_ms: 10_000, to_a_ms: 12_000, from_b_ms: 20_000, to_b_ms: 23_000 };
    expect(stretched(10_000, anchors)).toBe(12_000);
    expect(stretched(20_000, anchors)).toBe(23_000);
    expect(stretched(0, anchors)).toBe(1_000);
    expect(stretched(30_000, anchors)).toBe(34_000);
  });

  test('frame rates: the same frame, at another time', () => {
    const rate = (name: string) => kRates.find((item) => item.name === name)!;
    // PAL speed-up: frame 36,000 is at 25 min in 24 frames a second, and at 24 min in 25.
    expect(stretched(1_500_000, rateAnchors(rate('24'), rate('25')))).toBe(1_440_000);
    expect(factorOf(rateAnchors(rate('23.976'), rate('24')))).toBeCloseTo(1000 / 1001, 9);
    expect(stretched(3_600_000, rateAnchors(rate('29.97'), rate('30')))).toBe(3_596_404);
    for (const from of kRates) {
      for (const to of kRates) {
        const back = stretched(stretched(7_200_000, rateAnchors(from, to)), rateAnchors(to, from));
        expect(Math.abs(back - 7_200_000), `${from.name} ${to.name}`).toBeLessThanOrEqual(5);
      }
    }
  });

  test('what cannot be is refused', () => {
    const base = { from_a_ms: 0, to_a_ms: 0, from_b_ms: 1000, to_b_ms: 1000 };
    expect(refusalOf(base, 0)).toBeNull();
    expect(refusalOf({ ...base, from_b_ms: 0 }, 0)).toBe('same');
    expect(refusalOf({ ...base, to_b_ms: -5 }, 0)).toBe('order');
    expect(refusalOf({ ...base, to_b_ms: 50_000 }, 0)).toBe('extreme');
    expect(refusalOf({ ...base, to_a_ms: -300, to_b_ms: 700 }, 200)).toBe('before_zero');
    expect(refusalOf({ ...base, to_a_ms: -300, to_b_ms: 700 }, 300)).toBeNull();
  });

  test('times are written with their sign', () => {
    expect(exact(3_723_045)).toBe('1:02:03.045');
    expect(exact(-1_500)).toBe('−0:01.500');
  });
});

describe('style', () => {
  test('a stored one is made whole', () => {
    expect(sensibleStyle({ size: 900, color: 'red', box: 'yes', position: 'top', font: '  ' })).toEqual({
      ...kUsualStyle,
      position: 'top',
    });
    expect(sensibleStyle({ box_color: '#11223344', outline: 0 })).toMatchObject({
      box_color: '#11223344',
      outline: 0,
    });
  });

  test('colours and how solid they are', () => {
    expect(splitColor('#000000A0')).toEqual({ rgb: '#000000', alpha: 160 / 255 });
    expect(splitColor('#AbCdEf').alpha).toBe(1);
    expect(joinColor('#abcdef', 0.5)).toBe('#ABCDEF80');
    expect(joinColor(splitColor('#000000A0').rgb, splitColor('#000000A0').alpha)).toBe('#000000A0');
  });

  test('the picture lies in the middle of its box, and the size goes by its shorter side', () => {
    expect(pictureIn({ width: 1600, height: 1000 }, 16 / 9)).toEqual({
      left: 0,
      top: 50,
      width: 1600,
      height: 900,
    });
    const tall = pictureIn({ width: 900, height: 900 }, 9 / 16);
    expect(tall.width).toBeCloseTo(506.25);
    expect(styleScale({ width: 1920, height: 1080 })).toBe(1);
    expect(styleScale({ width: 540, height: 960 })).toBe(0.5);
  });
});

describe('files', () => {
  const bytes = (...values: number[]) => new Uint8Array(values).buffer;

  test('the format is what the text says, else what the name says', () => {
    expect(trackFormat('a.srt', 'WEBVTT\n\n')).toBe('vtt');
    expect(trackFormat('a.txt', '1\r\n00:00:01,000 --> 00:00:02,000\r\nhi')).toBe('srt');
    expect(trackFormat('a.txt', '\uFEFF\n1\n0:00:01.5 --> 0:00:02.0\nhi')).toBe('srt');
    expect(trackFormat('A.VTT', 'odd')).toBe('vtt');
    expect(trackFormat('a.txt', 'hello')).toBeNull();
    expect(trackFormat('a.txt', 'WEBVTTX')).toBeNull();
  });

  test('old encodings are read', () => {
    expect(decodeText(new TextEncoder().encode('你好 é').buffer as ArrayBuffer)).toBe('你好 é');
    expect(decodeText(bytes(0xc4, 0xe3, 0xba, 0xc3, 0xca, 0xc0, 0xbd, 0xe7)), 'GBK').toBe('你好世界');
    expect(decodeText(bytes(0x63, 0x61, 0x66, 0xe9, 0x20)), 'Latin').toBe('café ');
    expect(decodeText(bytes(0xff, 0xfe, 0x41, 0x00)), 'UTF-16').toBe('A');
    expect(decodeText(bytes())).toBe('');
  });
});

describe('keys of the subtitle view', () => {
  const press = (
    code: string,
    key: string,
    held: Partial<Record<'shiftKey' | 'altKey' | 'ctrlKey', boolean>> = {},
  ) => ({
    code,
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    isComposing: false,
    getModifierState: () => false,
    ...held,
  });

  test('brackets move the start, with Shift the end, with Alt finely', () => {
    expect(studioActionFor(press('BracketLeft', '['), 'page', true)).toEqual({
      action: 'start_earlier',
      fine: false,
    });
    expect(studioActionFor(press('BracketRight', '}', { shiftKey: true }), 'button', true)).toEqual({
      action: 'end_later',
      fine: false,
    });
    expect(studioActionFor(press('BracketLeft', '“', { altKey: true }), 'page', true)).toEqual({
      action: 'start_earlier',
      fine: true,
    });
  });

  test('nothing is taken from a text field, but for the keys that type nothing', () => {
    for (const binding of studioBindings.filter(({ always }) => !always)) {
      expect(studioActionFor(press(binding.code ?? '', binding.key ?? ''), 'text', true)).toBeNull();
    }
    expect(studioActionFor(press('F8', 'F8'), 'text', false)?.action).toBe('problem_next');
    expect(studioActionFor(press('F8', 'F8', { shiftKey: true }), 'text', true)?.action).toBe(
      'problem_before',
    );
  });

  test('single keys can be off; Ctrl belongs to the browser; sliders keep their arrows', () => {
    expect(studioActionFor(press('KeyS', 's'), 'page', false)).toBeNull();
    expect(studioActionFor(press('KeyS', 's', { ctrlKey: true }), 'page', true)).toBeNull();
    expect(studioActionFor(press('ArrowDown', 'ArrowDown'), 'slider', true)).toBeNull();
    expect(studioActionFor(press('ArrowDown', 'ArrowDown'), 'page', true)?.action).toBe('cue_next');
    expect(studioActionFor(press('Equal', '='), 'page', true)?.action).toBe('zoom_in');
  });
});

test('the subtitle view has an address', () => {
  expect(subtitlesPath('a b', 't')).toBe('/media/a%20b?view=subtitles&transcript=t');
  expect(routeOf('/media/x', '?view=subtitles&transcript=t&t=1.5')).toEqual({
    page: 'recording',
    id: 'x',
    at: 1500,
    transcript: 't',
    view: 'subtitles',
  });
  expect(routeOf('/media/x', '?view=other')).toMatchObject({ view: 'text' });
});
