export { DeadLetters } from './dead-letters.ts';
export type {
  DeadLetterListOptions,
  DeadLettersOptions,
  ReplayAuditOptions,
  ReplayOptions,
} from './dead-letters.ts';
export type { DeadLetterReason, DeadLetterRecord } from './dead-letter-record.ts';
export type { DeadLetterFilter, DeadLetterPlace, DeadLetterSelection } from './dead-letter-selection.ts';
export { parseDeadLetterEdit, type BytesEdit, type DeadLetterEdit } from './dead-letter-edit.ts';
export type { JsonObject, JsonValue } from './exact-json.ts';
export type { Page, PageOptions } from './pages.ts';
export { renderBytes, type RenderedBytes } from './rendered-bytes.ts';
export { renderDeadLetter, type RenderedDeadLetter } from './rendered-dead-letter.ts';
export type { ChangedBytes, ReplayAuditEntry } from './replay-audit.ts';
export { REPLAY_HEADERS } from './replay-headers.ts';
export type { RefusedReplay, ReplayRefusal } from './replay-planner.ts';
export type { ReplayedLetter, ReplayOutcome, ReplayReport } from './replay.ts';
