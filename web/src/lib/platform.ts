// How the keys of this machine are called.

interface Machine {
  platform?: string;
  userAgentData?: { platform?: string };
}

export const isApple = ({ platform, userAgentData }: Machine): boolean =>
  /^(mac|iphone|ipad|ipod)/i.test(userAgentData?.platform || platform || '');

const onApple = isApple(globalThis.navigator ?? {});

const kApple: Readonly<Record<string, string>> = {
  Ctrl: '⌘',
  Control: '⌃',
  Alt: '⌥',
  Shift: '⇧',
  Enter: '↩',
  Esc: '⎋',
};

/** "Ctrl Shift Z" as its keys are labelled here; `Control` is that key on every machine, also where ⌘ is used. */
export function shownKeys(keys: string, apple = onApple): string {
  return keys
    .split(' ')
    .map((key) => (apple ? (kApple[key] ?? key) : key === 'Control' ? 'Ctrl' : key))
    .join(' ');
}
