/** Sessions: records of a key no further than the gap from each other (KStreamSessionWindowAggregate; D8).
 *  A session that closed never comes back: a record within the gap behind it begins a new one. */
import { newWindow, insertWindow, type KeyWindow, type KeyWindows } from './key-windows.ts';
import type { ArrivedRecord, RecordAlignedDefinition, WindowLayout } from './window-layout.ts';

export class Sessions implements WindowLayout {
  readonly spanMs: number;
  readonly #definition: RecordAlignedDefinition;
  readonly #gapMs: number;
  readonly #graceMs: number;

  constructor(definition: RecordAlignedDefinition, gapMs: number, graceMs: number) {
    this.#definition = definition;
    this.#gapMs = gapMs;
    this.#graceMs = graceMs;
    this.spanMs = gapMs + graceMs;
  }

  /** A record exactly one gap behind the end still belongs to it. */
  closesAtMs({ endMs }: { readonly endMs: number }): number {
    return endMs + this.#gapMs + this.#graceMs + 1;
  }

  forgetsAtMs(session: { readonly endMs: number }): number {
    return this.closesAtMs(session);
  }

  oldestResultMs(watermarkMs: number): number {
    return watermarkMs - this.spanMs;
  }

  resultTimeMs({ endMs }: KeyWindow): number {
    return endMs;
  }

  /** Lateness is judged for the merged session. A record that is refused changes nothing: sessions become one on a copy. */
  add({ key, value, timestampMs }: ArrivedRecord, of: KeyWindows, watermarkMs: number): boolean {
    const near = of.windows.filter((session) => this.#touches(session, timestampMs));
    const endMs = near.reduce((end, session) => Math.max(end, session.endMs), timestampMs);
    if (this.closesAtMs({ endMs }) <= watermarkMs) return false;
    const startMs = near.reduce((start, session) => Math.min(start, session.startMs), timestampMs);
    const latestMs = near.reduce((latest, session) => Math.max(latest, session.timestampMs), timestampMs);
    const merged = near.length === 1 ? near[0]!.aggregate : this.#merge(near, key);
    const aggregate = this.#definition.aggregator(merged, value, key);
    this.#replace(of, near, newWindow(startMs, endMs, aggregate, latestMs));
    return true;
  }

  #touches({ startMs, endMs }: KeyWindow, timestampMs: number): boolean {
    return startMs - this.#gapMs <= timestampMs && timestampMs <= endMs + this.#gapMs;
  }

  /** Where the first value is the first aggregate (`reduce`), what merges into that may change it in place. */
  #merge(sessions: readonly KeyWindow[], key: unknown): unknown {
    const definition = this.#definition;
    return sessions.reduce((merged, { aggregate }, i) => {
      const next = i === 0 ? definition.copy(aggregate) : aggregate;
      return definition.merger(merged, next, key);
    }, definition.initializer());
  }

  #replace(of: KeyWindows, old: readonly KeyWindow[], session: KeyWindow): void {
    for (const before of old) {
      of.windows.splice(of.windows.indexOf(before), 1);
      if (!before.emitted) continue;
      if (sameSpan(before, session)) session.emitted = true;
      else of.retracted.push({ startMs: before.startMs, endMs: before.endMs });
    }
    const again = of.retracted.findIndex((span) => sameSpan(span, session));
    if (again >= 0) {
      of.retracted.splice(again, 1);
      session.emitted = true;
    }
    insertWindow(of.windows, session);
  }
}

function sameSpan(
  a: { readonly startMs: number; readonly endMs: number },
  b: { readonly startMs: number; readonly endMs: number },
): boolean {
  return a.startMs === b.startMs && a.endMs === b.endMs;
}
