import { describe, expect, it } from 'vitest';
import { diffWords, tokens } from '$lib/edit/diff';
import { doubts, kMostDoubts } from '$lib/edit/doubt';
import { halves, joined } from '$lib/edit/edits';
import { kMostProposals, patternOf, proposals, type Wanted } from '$lib/edit/replace';
import { applyHunks, mapPosition, rowsFrom } from '$lib/edit/rows';
import { exactTime, parseTime } from '$lib/edit/times';
import { segment, word } from './samples';

const rows = (...texts: string[]) =>
  rowsFrom(
    texts.map((text, at) => segment(at, text)),
    'r',
  );
const show = (list: ReturnType<typeof rows>) => list.map((row) => `${row.key}:${row.segment.text}`);

describe('applyHunks', () => {
  it('puts in, takes out and keeps the keys of what stays', () => {
    const list = rows('a', ' b', 'c');
    expect(show(list)).toEqual(['r.0:a', 'r.1:b', 'r.2:c']);
    expect(show(applyHunks(list, [{ at: 1, removed: 1, inserted: [segment(1, 'B')] }], 'x'))).toEqual([
      'r.0:a',
      'r.1:B',
      'r.2:c',
    ]);
    expect(
      show(applyHunks(list, [{ at: 1, removed: 1, inserted: [segment(1, 'b1'), segment(2, 'b2')] }], 'x')),
    ).toEqual(['r.0:a', 'r.1:b1', 'x+0:b2', 'r.2:c']);
    expect(
      show(applyHunks(list, [{ at: 0, removed: 3, inserted: [segment(9, 'n'), segment(2, 'c')] }], 'x')),
    ).toEqual(['r.0:n', 'r.2:c']);
  });
  it('does hunks in order, each on the list as it is by then', () => {
    const hunks = [
      { at: 0, removed: 1, inserted: [] },
      { at: 0, removed: 0, inserted: [segment(0, 'x'), segment(1, 'y')] },
      { at: 3, removed: 1, inserted: [] },
    ];
    const list = rows('a', 'b', 'c');
    expect(applyHunks(list, hunks, 'n').map((row) => row.segment.text)).toEqual(['x', 'y', 'b']);
    expect([0, 1, 2].map((at) => mapPosition(hunks, at))).toEqual([-1, 2, -1]);
    expect(list).toHaveLength(3);
  });
});

describe('halves', () => {
  it('cuts at the words around the caret', () => {
    const whole = { ...segment(0, 'one two'), end_ms: 700, words: [word('one', 0), word('two', 400)] };
    const [first, second] = halves(whole, 4);
    expect([first.text, first.end_ms, first.words.length]).toEqual(['one', 90, 1]);
    expect([second.text, second.start_ms, second.words.length]).toEqual(['two', 400, 1]);
  });
  it('cuts in proportion where words have no times', () => {
    const [first, second] = halves({ ...segment(0, 'abcdefgh'), end_ms: 800 }, 2);
    expect([first.end_ms, second.start_ms]).toEqual([200, 200]);
  });
  it('joins words with a space, ideographs without', () => {
    expect([joined('a', 'b'), joined('你', '好'), joined('', 'b'), joined('a', '好')]).toEqual([
      'a b',
      '你好',
      'b',
      'a好',
    ]);
  });
});

describe('diffWords', () => {
  const plain = (a: string, b: string) =>
    diffWords(a, b)
      .map(({ kind, text }) => (kind === 'same' ? text : kind === 'del' ? `[-${text}-]` : `[+${text}+]`))
      .join('');
  it('marks words, not letters', () => {
    expect(plain('the cat sat', 'the dog sat')).toBe('the [-cat-][+dog+] sat');
    expect(plain('same', 'same')).toBe('same');
    expect(plain('', 'new words')).toBe('[+new words+]');
    expect(plain('a b c d', 'a c d e')).toBe('a [-b -]c d[+ e+]');
  });
  it('goes by characters in Chinese', () => {
    expect(tokens('你好，world')).toEqual(['你', '好', '，', 'world']);
    expect(plain('今天天气好', '今天天气很好')).toBe('今天天气[+很+]好');
  });
  it('gives both texts back for any input', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    const text = () => Array.from({ length: random(30) }, () => 'ab 你c,'[random(6)]).join('');
    for (let turn = 0; turn < 300; turn += 1) {
      const [a, b] = [text(), text()];
      const pieces = diffWords(a, b);
      const side = (not: string) =>
        pieces
          .filter((piece) => piece.kind !== not)
          .map((piece) => piece.text)
          .join('');
      expect([side('ins'), side('del')]).toEqual([a, b]);
    }
  });
});

describe('find and replace', () => {
  const wanted = (changes: Partial<Wanted>): Wanted => ({
    find: '',
    replace: '',
    matchCase: false,
    wholeWord: false,
    regex: false,
    ...changes,
  });
  const run = (changes: Partial<Wanted>, ...texts: string[]) => {
    const all = wanted(changes);
    const pattern = patternOf(all);
    if (!pattern || !('pattern' in pattern)) throw new Error('no pattern');
    return proposals(rows(...texts), pattern.pattern, all).items.map((item) => [item.after, item.places]);
  };
  it('takes signs as they are', () => {
    expect(run({ find: 'a.b', replace: '$1\\n' }, 'a.b axb A.B')).toEqual([['$1\\n axb $1\\n', 2]]);
  });
  it('minds case and whole words when told', () => {
    expect(run({ find: 'cat', replace: 'dog', matchCase: true }, 'Cat cat')).toEqual([['Cat dog', 1]]);
    expect(run({ find: 'cat', replace: 'dog', wholeWord: true }, 'cats', 'a cat.', 'école')).toEqual([
      ['a dog.', 1],
    ]);
    expect(run({ find: 'cole', replace: 'x', wholeWord: true }, 'école')).toEqual([]);
  });
  it('takes regular expressions with groups, and says what is wrong with one', () => {
    expect(run({ find: '(\\w+) (\\w+)', replace: '$2 $1', regex: true }, 'hello world')).toEqual([
      ['world hello', 1],
    ]);
    expect(patternOf(wanted({ find: '(', regex: true }))).toHaveProperty('problem');
    expect(run({ find: 'x*', replace: '', regex: true }, 'abc')).toEqual([]);
  });
  it('stops at its limits and says so', () => {
    const all = wanted({ find: 'a', replace: 'b' });
    const pattern = (patternOf(all) as { pattern: RegExp }).pattern;
    const many = rows(...Array.from({ length: kMostProposals + 5 }, () => 'a'));
    const found = proposals(many, pattern, all, () => 0);
    expect([found.items.length, found.complete]).toEqual([kMostProposals, false]);
    let clock = 0;
    const slow = proposals(many, pattern, all, () => (clock += 100));
    expect(slow.complete).toBe(false);
    expect(slow.items.length).toBeLessThan(10);
  });
  it('leaves no two blanks where a word went', () => {
    expect(run({ find: 'um', replace: '', wholeWord: true }, 'well um yes')).toEqual([['well yes', 1]]);
  });
  it('leaves out what would not change', () => {
    expect(run({ find: 'a', replace: 'a' }, 'a')).toEqual([]);
  });
});

describe('times', () => {
  it('read what they write', () => {
    for (const ms of [0, 1, 999, 62_500, 3_599_999, 3_723_250]) expect(parseTime(exactTime(ms))).toBe(ms);
    expect([parseTime('62.5'), parseTime('1:02,05'), parseTime(' 1:02:03 ')]).toEqual([
      62_500, 62_050, 3_723_000,
    ]);
    expect(['', 'x', '1:60', '1:60:00', '1.2345', '-1'].map(parseTime)).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('doubts', () => {
  it('are the words below the threshold that are still in the text', () => {
    const line = {
      ...segment(0, 'ask not, what'),
      words: [word('ask', 0), word('not', 100), word(',', 150), word('gone', 200)],
    };
    line.words.forEach((item) => (item.probability = 0.3));
    line.words[0]!.probability = 0.8;
    expect(doubts(rowsFrom([line], 'r'), 0.5).map((doubt) => [doubt.text, doubt.start, doubt.end])).toEqual([
      ['not', 4, 7],
    ]);
    expect(doubts(rowsFrom([line], 'r'), 0.9)).toHaveLength(2);
    const many = Array.from({ length: kMostDoubts }, () => line);
    expect(doubts(rowsFrom(many, 'r'), 0.9)).toHaveLength(kMostDoubts);
  });
});
