/** What the commands say to people. What records and errors bring is shown so that a terminal takes none of it for a command. */
import type {
  Page,
  PartitionOffset,
  RenderedBytes,
  RenderedDeadLetter,
  ReplayAuditEntry,
  ReplayOutcome,
  ReplayReport,
} from '@hiveframe/streams';

export function tellLetters({ items, cursor }: Page<RenderedDeadLetter>, topic: string): string {
  const lines = items.map(({ partition, offset, deadLetteredAtMs, reason, source, replays }) =>
    [
      `${partition}:${offset}`,
      timeOf(deadLetteredAtMs),
      inLine(`${reason.kind} ${reason.exception}: ${reason.message}`.trim()),
      source === null ? '' : `from ${place(source)}`,
      replays === 0 ? '' : `replayed ${replays} times`,
    ]
      .filter((part) => part !== '')
      .join('  '),
  );
  return tellPage(lines, cursor, `No dead letters in ${topic}.`);
}

export function tellLetter(letter: RenderedDeadLetter): string {
  const { reason, source, omittedValueBytes } = letter;
  const value = omittedValueBytes === null ? bytes(letter.value) : `left out, of ${omittedValueBytes} bytes`;
  const fields: readonly (readonly [name: string, text: string])[] = [
    ['dead letter', place(letter)],
    ['since', timeOf(letter.deadLetteredAtMs)],
    ['reason', inLine(reason.kind)],
    ['error', inLine(`${reason.exception}: ${reason.message}`)],
    ['task', inLine(`${reason.taskId} of ${reason.applicationId}`)],
    ['source', source === null ? 'not known' : place(source)],
    ['timestamp', timeOf(letter.timestampMs)],
    ['replays', String(letter.replays)],
    ['key', bytes(letter.key)],
    ['value', value],
    ...letter.headers.map(([name, held]) => [`header ${inLine(name)}`, bytes(held)] as const),
  ];
  const lines = fields.map(([name, text]) => `${name.padEnd(12)} ${text}`);
  const stack = reason.stacktrace === '' ? [] : ['', ...reason.stacktrace.split('\n').map(inLine)];
  return [...lines, ...stack, ''].join('\n');
}

export function tellReport({ dryRun, replayId, replayed, refused, outcomes, cursor }: ReplayReport): string {
  const what = dryRun ? `Would replay ${replayed} (nothing was written).` : `Replayed ${replayed}.`;
  const counts = Object.entries(refused).map(([refusal, count]) => `${count} ${refusal}`);
  const total = replayed + Object.values(refused).reduce((sum, count) => sum + count, 0);
  return [
    ...outcomes.map(tellOutcome),
    ...(outcomes.length < total ? [`… and ${total - outcomes.length} more`] : []),
    `${what}${counts.length === 0 ? '' : ` Refused: ${counts.join(', ')}.`}${dryRun ? '' : ` Replay ${replayId}.`}`,
    ...goOn(cursor),
    '',
  ].join('\n');
}

function tellOutcome(outcome: ReplayOutcome): string {
  const { partition, offset } = outcome.letter;
  const letter = `${partition}:${offset}`;
  if ('refusal' in outcome) return `${letter}  ${outcome.refusal}: ${inLine(outcome.message)}`;
  const { to, count, decodes, decodeError } = outcome;
  const target = `${to.topic}-${to.partition}${to.offset === undefined ? '' : `@${to.offset}`}`;
  const doubt = decodes === false ? `  its source does not decode it: ${inLine(decodeError ?? '')}` : '';
  return `${letter}  to ${target}${count > 1 ? ` (replay ${count} of it)` : ''}${doubt}`;
}

export function tellAudit({ items, cursor }: Page<ReplayAuditEntry>, topic: string): string {
  const lines = items.map(({ time, by, letter, to, count, forced, again, edit, replayId }) => {
    const notes = [
      ...(count > 1 ? [`replay ${count} of it`] : []),
      ...(forced ? ['forced'] : []),
      ...(again ? ['again'] : []),
      ...(edit === null ? [] : [`edited ${Object.keys(edit).join(', ') || 'nothing'}`]),
    ];
    const noted = notes.length === 0 ? '' : `  (${notes.join('; ')})`;
    return `${time}  ${inLine(by)}  ${place(letter)} to ${place(to)}${noted}  ${replayId}`;
  });
  return tellPage(lines, cursor, `Nothing was replayed: ${topic} has no entry.`);
}

function tellPage(lines: readonly string[], cursor: string | null, none: string): string {
  const shown = lines.length === 0 && cursor === null ? [none] : lines;
  return [...shown, ...goOn(cursor), ''].join('\n');
}

function goOn(cursor: string | null): string[] {
  return cursor === null ? [] : [`More: --cursor ${cursor}`];
}

function bytes(rendered: RenderedBytes): string {
  if (rendered === null) return 'null';
  if ('json' in rendered) return inLine(JSON.stringify(rendered.json));
  return 'text' in rendered
    ? `${inLine(JSON.stringify(rendered.text))} (text)`
    : `${rendered.base64} (base64)`;
}

function place({ topic, partition, offset }: PartitionOffset): string {
  return inLine(`${topic}-${partition}${offset < 0 ? '' : `@${offset}`}`);
}

function timeOf(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? String(timeMs) : time.toISOString();
}

function inLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\u${control.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}
