// The rules that subtitles are held to: what people choose, what the server found.
import type { CaptionViolation } from './types';

export const kPresets = ['netflix', 'bbc', 'youtube', 'zh', 'custom'] as const;
export type Preset = (typeof kPresets)[number];

export const kRuleNames = [
  'line_length',
  'line_count',
  'reading_speed',
  'shortest',
  'longest',
  'gap',
  'overlap',
] as const;
export type RuleName = (typeof kRuleNames)[number];

/** Values of one's own, with their bounds and step; the bounds are the server's. */
export const kValues = [
  { name: 'line_chars', least: 8, most: 100, step: 1 },
  { name: 'lines', least: 1, most: 3, step: 1 },
  { name: 'cps', least: 1, most: 60, step: 1 },
  { name: 'shortest_ms', least: 100, most: 30_000, step: 50 },
  { name: 'longest_ms', least: 100, most: 30_000, step: 100 },
  { name: 'gap_ms', least: 0, most: 2_000, step: 10 },
] as const;
export type ValueName = (typeof kValues)[number]['name'];
export type OwnValues = Record<ValueName, number>;

export const kFirstValues: OwnValues = {
  line_chars: 42,
  lines: 2,
  cps: 20,
  shortest_ms: 833,
  longest_ms: 7_000,
  gap_ms: 83,
};

export interface RuleChoice {
  preset: Preset;
  own: OwnValues;
}

const isPreset = (value: unknown): value is Preset => kPresets.includes(value as Preset);

/** A stored choice, made whole: what is missing or out of bounds is replaced. */
export function sensible(stored: unknown): RuleChoice {
  const from = (stored ?? {}) as { preset?: unknown; own?: Partial<Record<ValueName, unknown>> };
  const own = { ...kFirstValues };
  for (const { name, least, most } of kValues) {
    const value = from.own?.[name];
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
      own[name] = value as number;
  }
  return { preset: isPreset(from.preset) ? from.preset : 'netflix', own };
}

/** The first value that cannot be used, or null. The shortest cue is not longer than the longest. */
export function wrongValue(own: OwnValues): ValueName | null {
  for (const { name, least, most } of kValues) {
    if (!Number.isInteger(own[name]) || own[name] < least || own[name] > most) return name;
  }
  return own.shortest_ms > own.longest_ms ? 'longest_ms' : null;
}

/** What /check, /export and the operation `fit` take. */
export function ruleFields(choice: RuleChoice): { preset: Preset } & Partial<OwnValues> {
  return choice.preset === 'custom' ? { preset: 'custom', ...choice.own } : { preset: choice.preset };
}

export interface RuleCount {
  rule: RuleName;
  count: number;
}

/** How often each rule is broken, in the order of kRuleNames; rules that are kept are left out. */
export function countByRule(violations: readonly CaptionViolation[]): RuleCount[] {
  const counts = new Map<string, number>();
  for (const { rule } of violations) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return kRuleNames.filter((rule) => counts.has(rule)).map((rule) => ({ rule, count: counts.get(rule)! }));
}

/** The same rules as a sentence needs them: "42 characters", "20 characters a second". */
export function ruleUnit(rule: string): 'chars' | 'lines' | 'cps' | 'ms' {
  if (rule === 'line_length') return 'chars';
  if (rule === 'line_count') return 'lines';
  return rule === 'reading_speed' ? 'cps' : 'ms';
}

/** The next problem after a position in the list, around the end; -1 where there are none. */
export function nextProblem(count: number, at: number, steps: number): number {
  if (count === 0) return -1;
  if (at < 0) return steps > 0 ? 0 : count - 1;
  return (at + steps + count) % count;
}

/**
 * The first problem from a cue on (or before it): where "next problem" goes from a cue that is none.
 * `violations` are in order of their cue.
 */
export function problemFrom(violations: readonly CaptionViolation[], cue: number, steps: number): number {
  if (violations.length === 0) return -1;
  if (steps > 0) {
    const at = violations.findIndex((violation) => violation.cue > cue);
    return at < 0 ? 0 : at;
  }
  const at = violations.findLastIndex((violation) => violation.cue < cue);
  return at < 0 ? violations.length - 1 : at;
}
