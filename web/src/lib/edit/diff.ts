// What changed between two texts, word by word; between Chinese and Japanese characters, one by one.

export interface Piece {
  kind: 'same' | 'del' | 'ins';
  text: string;
}

const kMostCells = 4_000_000; // Beyond this a line-by-line account is of no use to anyone, and slow.

/** Words with the space after them; punctuation and each ideograph alone. */
export function tokens(text: string): string[] {
  return text.match(/[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[\p{L}\p{N}\p{M}'’_-]+|\s+|./gsu) ?? [];
}

export function diffWords(before: string, after: string): Piece[] {
  const a = tokens(before);
  const b = tokens(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const pieces: Piece[] = [];
  add(pieces, 'same', a.slice(0, head));
  middle(pieces, a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  add(pieces, 'same', tail > 0 ? a.slice(-tail) : []);
  return pieces;
}

function middle(pieces: Piece[], a: string[], b: string[]): void {
  const [rows, columns] = [a.length, b.length];
  if (rows * columns > kMostCells || rows === 0 || columns === 0) {
    add(pieces, 'del', a);
    add(pieces, 'ins', b);
    return;
  }
  // Longest common subsequence, from the end, so that it can be read off from the beginning.
  const width = columns + 1;
  const best = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i -= 1) {
    for (let j = columns - 1; j >= 0; j -= 1) {
      best[i * width + j] =
        a[i] === b[j]
          ? best[(i + 1) * width + j + 1]! + 1
          : Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    }
  }
  let [i, j] = [0, 0];
  while (i < rows && j < columns) {
    if (a[i] === b[j]) {
      add(pieces, 'same', [a[i]!]);
      i += 1;
      j += 1;
    } else if (best[(i + 1) * width + j]! >= best[i * width + j + 1]!) add(pieces, 'del', [a[i++]!]);
    else add(pieces, 'ins', [b[j++]!]);
  }
  add(pieces, 'del', a.slice(i));
  add(pieces, 'ins', b.slice(j));
}

function add(pieces: Piece[], kind: Piece['kind'], words: string[]): void {
  const text = words.join('');
  if (!text) return;
  const last = pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else pieces.push({ kind, text });
}
