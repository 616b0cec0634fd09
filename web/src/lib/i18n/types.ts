import type en from './messages/en';

/** A sentence, or one per plural form of the language ("other" always). */
export type Message = string | ({ other: string } & Partial<Record<Intl.LDMLPluralRule, string>>);
export type Dictionary = Record<string, Message>;
export type Key = keyof typeof en;
export type Messages = Record<Key, Message>;
export type Params = Record<string, string | number>;
/** What is the matter and what to do, by the code of a finding of `zimu doctor`. */
export type Findings = Record<string, readonly [text: string, fix: string]>;
