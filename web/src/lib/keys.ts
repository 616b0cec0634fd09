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
  | 'edit'
  | 'doubts'
  | 'next_doubt'
  | 'previous_doubt'
  | 'accept_doubt'
  | 'help';

export interface Binding {
  action: Action;
  label: Key;
  /** `code`: the place on the keyboard, for letters; `key`: the character, for signs; `shift`: where it matters. */
  keys: { code?: string; key?: string; shift?: boolean; shown: string }[];
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
  { action: 'edit', label: 'keys.edit', keys: [{ code: 'KeyE', shown: 'E' }], onButtons: true },
  { action: 'doubts', label: 'edit.doubts', keys: [{ code: 'KeyD', shown: 'D' }], onButtons: true },
  {
    action: 'next_doubt',
    label: 'edit.doubt_next',
    keys: [{ code: 'KeyN', shift: false, shown: 'N' }],
    onButtons: true,
  },
  {
    action: 'previous_doubt',
    label: 'edit.doubt_previous',
    keys: [{ code: 'KeyN', shift: true, shown: '⇧ N' }],
    onButtons: true,
  },
  {
    action: 'accept_doubt',
    label: 'edit.doubt_accept',
    keys: [{ code: 'KeyA', shown: 'A' }],
    onButtons: true,
  },
  { action: 'help', label: 'keys.help', keys: [{ key: '?', shown: '?' }], onButtons: true },
];

/** Of these only the text knows what to do. */
export const ofText: ReadonlySet<Action> = new Set([
  'find',
  'current',
  'edit',
  'doubts',
  'next_doubt',
  'previous_doubt',
  'accept_doubt',
]);

/** Keys of the transcript and of a line that is open; the components hold them. */
export const editingKeys: readonly { label: Key; shown: string[] }[] = [
  { label: 'keys.lines', shown: ['↑', '↓'] },
  { label: 'keys.select', shown: ['⇧ ↑', '⇧ ↓'] },
  { label: 'keys.open_line', shown: ['Enter', 'F2'] },
  { label: 'keys.remove_line', shown: ['Delete'] },
  { label: 'keys.split', shown: ['Enter'] },
  { label: 'keys.line_break', shown: ['⇧ Enter'] },
  { label: 'keys.merge_previous', shown: ['⌫'] },
  { label: 'keys.merge_next', shown: ['Delete'] },
  { label: 'keys.next_line', shown: ['Tab', '⇧ Tab'] },
  { label: 'keys.play_line', shown: ['Ctrl Enter'] },
  { label: 'keys.leave', shown: ['Esc'] },
  { label: 'common.undo', shown: ['Ctrl Z'] },
  { label: 'edit.redo', shown: ['Ctrl ⇧ Z', 'Control Y'] },
  { label: 'edit.replace', shown: ['Control H'] },
];

/** In the list of recordings, while a box has the focus or something is selected. */
export const libraryKeys: readonly { label: Key; shown: string[] }[] = [
  { label: 'keys.lib_choose', shown: ['Space'] },
  { label: 'keys.lib_next', shown: ['↑', '↓'] },
  { label: 'keys.lib_range', shown: ['Shift ↑', 'Shift ↓'] },
  { label: 'keys.lib_all', shown: ['Ctrl A'] },
  { label: 'keys.lib_delete', shown: ['Delete'] },
  { label: 'keys.lib_end', shown: ['Esc'] },
];

/** What of a keyboard event matters here; a KeyboardEvent fits. */
export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing: boolean;
  shiftKey: boolean;
  getModifierState: (name: string) => boolean;
}

/** Where the focus is. In text fields and open dialogs single keys mean what they always mean. */
export type Focus = 'page' | 'button' | 'text' | 'slider';

export function actionFor(event: Pressed, focus: Focus): Action | null {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.getModifierState('AltGraph') || focus === 'text') return null;
  for (const binding of bindings) {
    for (const { code, key, shift } of binding.keys) {
      if (code ? code !== event.code : key !== event.key) continue;
      if (shift !== undefined && shift !== event.shiftKey) continue;
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

// The subtitle view has keys of its own, besides those above.

export type StudioAction =
  | 'cue_before'
  | 'cue_next'
  | 'start_earlier'
  | 'start_later'
  | 'end_earlier'
  | 'end_later'
  | 'set_start'
  | 'set_end'
  | 'replay_cue'
  | 'edit_cue'
  | 'split_cue'
  | 'new_cue'
  | 'delete_cue'
  | 'fix_cue'
  | 'problem_next'
  | 'problem_before'
  | 'zoom_in'
  | 'zoom_out'
  | 'zoom_whole';

export interface StudioBinding {
  action: StudioAction;
  label: Key;
  code?: string;
  key?: string;
  shift?: boolean;
  /** Also with Alt, which makes the step finer. */
  fine?: boolean;
  /** Also while something is typed, and where single keys are off: it types nothing. */
  always?: boolean;
  shown: string;
}

export const studioBindings: readonly StudioBinding[] = [
  { action: 'cue_before', label: 'sub.key.cue_before', key: 'ArrowUp', shown: '↑' },
  { action: 'cue_next', label: 'sub.key.cue_next', key: 'ArrowDown', shown: '↓' },
  {
    action: 'start_earlier',
    label: 'sub.key.start_earlier',
    code: 'BracketLeft',
    shift: false,
    fine: true,
    shown: '[',
  },
  {
    action: 'start_later',
    label: 'sub.key.start_later',
    code: 'BracketRight',
    shift: false,
    fine: true,
    shown: ']',
  },
  {
    action: 'end_earlier',
    label: 'sub.key.end_earlier',
    code: 'BracketLeft',
    shift: true,
    fine: true,
    shown: 'Shift [',
  },
  {
    action: 'end_later',
    label: 'sub.key.end_later',
    code: 'BracketRight',
    shift: true,
    fine: true,
    shown: 'Shift ]',
  },
  { action: 'set_start', label: 'sub.key.set_start', code: 'KeyI', shown: 'I' },
  { action: 'set_end', label: 'sub.key.set_end', code: 'KeyO', shown: 'O' },
  { action: 'replay_cue', label: 'sub.key.replay_cue', code: 'KeyR', shown: 'R' },
  { action: 'edit_cue', label: 'sub.key.edit_cue', code: 'KeyE', shown: 'E' },
  { action: 'split_cue', label: 'sub.key.split_cue', code: 'KeyS', shown: 'S' },
  { action: 'new_cue', label: 'sub.key.new_cue', code: 'KeyN', shown: 'N' },
  { action: 'delete_cue', label: 'sub.key.delete_cue', key: 'Delete', shown: 'Delete' },
  { action: 'fix_cue', label: 'sub.key.fix_cue', code: 'KeyF', shown: 'F' },
  {
    action: 'problem_next',
    label: 'sub.key.problem_next',
    key: 'F8',
    shift: false,
    always: true,
    shown: 'F8',
  },
  {
    action: 'problem_before',
    label: 'sub.key.problem_before',
    key: 'F8',
    shift: true,
    always: true,
    shown: 'Shift F8',
  },
  { action: 'zoom_in', label: 'sub.key.zoom_in', key: '+', shown: '+' },
  { action: 'zoom_out', label: 'sub.key.zoom_out', key: '-', shown: '−' },
  { action: 'zoom_whole', label: 'sub.key.zoom_whole', key: '0', shown: '0' },
];

/** `fine`: with Alt. */
export function studioActionFor(
  event: Pressed,
  focus: Focus,
  singleKeys: boolean,
): { action: StudioAction; fine: boolean } | null {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.getModifierState('AltGraph')) return null;
  for (const binding of studioBindings) {
    if (binding.code ? binding.code !== event.code : !sameKey(binding.key!, event)) continue;
    if (binding.shift !== undefined && binding.shift !== event.shiftKey) continue;
    if (binding.code && binding.shift === undefined && event.shiftKey) continue;
    if (event.altKey && !binding.fine) continue;
    if (!binding.always && (focus === 'text' || !singleKeys)) return null;
    if (binding.key?.startsWith('Arrow') && focus === 'slider') return null;
    return { action: binding.action, fine: event.altKey };
  }
  return null;
}

/** "+" is typed with Shift on many keyboards and without on others; "=" is on its key. */
const sameKey = (key: string, event: Pressed) => key === event.key || (key === '+' && event.key === '=');
