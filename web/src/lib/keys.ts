import type { Key } from './i18n/types';

// One table feeds the dispatcher, the list of shortcuts and the tooltips.

export type Action =
  | 'play'
  | 'back_long'
  | 'forward_long'
  | 'back_short'
  | 'forward_short'
  | 'slower'
  | 'faster'
  | 'mute'
  | 'find'
  | 'current'
  | 'help';

export interface Binding {
  action: Action;
  label: Key;
  /** `code`: the place on the keyboard, for letters; `key`: the character, for signs. */
  keys: { code?: string; key?: string; shown: string }[];
  /** Also while a button has the focus: Space presses buttons, so it is not among these. */
  onButtons: boolean;
}

export const bindings: readonly Binding[] = [
  {
    action: 'play',
    label: 'keys.play',
    keys: [
      { code: 'Space', shown: 'Space' },
      { code: 'KeyK', shown: 'K' },
    ],
    onButtons: true,
  },
  { action: 'back_long', label: 'keys.back_long', keys: [{ code: 'KeyJ', shown: 'J' }], onButtons: true },
  {
    action: 'forward_long',
    label: 'keys.forward_long',
    keys: [{ code: 'KeyL', shown: 'L' }],
    onButtons: true,
  },
  {
    action: 'back_short',
    label: 'keys.back_short',
    keys: [{ key: 'ArrowLeft', shown: '←' }],
    onButtons: true,
  },
  {
    action: 'forward_short',
    label: 'keys.forward_short',
    keys: [{ key: 'ArrowRight', shown: '→' }],
    onButtons: true,
  },
  { action: 'slower', label: 'keys.slower', keys: [{ key: '<', shown: '<' }], onButtons: true },
  { action: 'faster', label: 'keys.faster', keys: [{ key: '>', shown: '>' }], onButtons: true },
  { action: 'mute', label: 'keys.mute', keys: [{ code: 'KeyM', shown: 'M' }], onButtons: true },
  { action: 'find', label: 'keys.find', keys: [{ key: '/', shown: '/' }], onButtons: true },
  { action: 'current', label: 'keys.current', keys: [{ code: 'KeyC', shown: 'C' }], onButtons: true },
  { action: 'help', label: 'keys.help', keys: [{ key: '?', shown: '?' }], onButtons: true },
];

/** What of a keyboard event matters here; a KeyboardEvent fits. */
export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing: boolean;
  getModifierState: (name: string) => boolean;
}

/** Where the focus is. In text fields and open dialogs single keys mean what they always mean. */
export type Focus = 'page' | 'button' | 'text' | 'slider';

export function actionFor(event: Pressed, focus: Focus): Action | null {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.getModifierState('AltGraph') || focus === 'text') return null;
  for (const binding of bindings) {
    for (const { code, key } of binding.keys) {
      if (code ? code !== event.code : key !== event.key) continue;
      if (code === 'Space' && focus === 'button') return null; // Space presses the button.
      if (key?.startsWith('Arrow') && focus === 'slider') return null; // The slider has its own steps.
      return binding.action;
    }
  }
  return null;
}

export function focusOf(element: Element | null): Focus {
  if (!element) return 'page';
  if (element.closest('textarea, select, [contenteditable="true"], [role="menu"]')) return 'text';
  if (element instanceof HTMLInputElement) {
    if (element.type === 'range') return 'slider';
    return ['checkbox', 'radio', 'button'].includes(element.type) ? 'button' : 'text';
  }
  if (element.closest('[role="slider"]')) return 'slider';
  return element.closest('button, a, summary') ? 'button' : 'page';
}
