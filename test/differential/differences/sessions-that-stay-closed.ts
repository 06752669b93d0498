/** Final results of sessions: one that has closed never comes back. In Kafka Streams a record within the gap behind it brings it back
 *  while its store still has it, and its result is given again, grown; here the record begins a session. Such results are left out on
 *  both sides. */
import type { OutputRecord, Outputs } from '../case.ts';

interface Session {
  readonly key: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Spans that hold a session which was given before, by step. */
export function cameBack(outputs: Outputs): Session[][] {
  const given: Session[] = [];
  return outputs.map((step) => {
    const sessions = step.map(sessionOf);
    const back = sessions.filter((session) => given.some((before) => holds(session, before)));
    given.push(...sessions);
    return back;
  });
}

export function without(spans: readonly (readonly Session[])[], outputs: Outputs): Outputs {
  return outputs.map((step, at) =>
    step.filter((record) => !spans[at]!.some((span) => holds(span, sessionOf(record)))),
  );
}

function holds(span: Session, session: Session): boolean {
  return span.key === session.key && span.startMs <= session.startMs && session.endMs <= span.endMs;
}

function sessionOf([key]: OutputRecord): Session {
  const [, name, startMs, endMs] = /^(.*)@(\d+)-(\d+)$/.exec(key!)!;
  return { key: name!, startMs: Number(startMs), endMs: Number(endMs) };
}
