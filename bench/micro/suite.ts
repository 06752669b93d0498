/** A micro-benchmark is one piece of a record's way, done for `RECORDS` records; what counts is its time as a ratio to that of a
 *  piece which no change here can make faster or slower: JSON.parse of the same readings, in the same run, turn by turn. */
import { Bench } from 'tinybench';

/** Records per call of a piece. */
export const RECORDS = 1_000;

export interface Piece {
  readonly name: string;
  readonly run: () => unknown;
}

export interface Ratio {
  readonly name: string;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Of the machine it ran on, and of this run. */
  readonly nsPerRecord: number;
}

/** Of CPU, warm-up apart. */
const TURN_MS = 60;

/** CPU time of the process, not of the clock: what others do on the machine counts less. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Each round measures the reference anew beside each piece: a machine that is busy for a while is busy for both. */
export async function measure(
  reference: Piece,
  pieces: readonly Piece[],
  rounds: number,
): Promise<readonly Ratio[]> {
  const turns = new Map<Piece, { ratio: number; ns: number }[]>(pieces.map((piece) => [piece, []]));
  for (let round = 0; round < rounds; round++) {
    for (const piece of pieces) turns.get(piece)!.push(await turn(reference, piece));
  }
  return Array.from(turns, ([{ name }, results]) => summarize(name, results));
}

async function turn(reference: Piece, piece: Piece): Promise<{ ratio: number; ns: number }> {
  const bench = new Bench({ time: TURN_MS, warmupTime: TURN_MS / 3, now: cpuMs });
  bench.add(reference.name, reference.run).add(piece.name, piece.run);
  await bench.run();
  const [referenceMs, pieceMs] = bench.tasks.map(({ name, result }) => {
    if (result.state === 'completed') return result.latency.p50;
    throw new Error(`Cannot measure ${name}: it ${result.state}`, {
      cause: 'error' in result ? result.error : null,
    });
  });
  return { ratio: pieceMs! / referenceMs!, ns: (pieceMs! * 1e6) / RECORDS };
}

function summarize(name: string, results: readonly { readonly ratio: number; readonly ns: number }[]): Ratio {
  const ratios = results.map(({ ratio }) => ratio).toSorted((a, b) => a - b);
  const rounded = (value: number) => Number(value.toPrecision(3));
  return {
    name,
    min: rounded(ratios[0]!),
    median: rounded(ratios[ratios.length >> 1]!),
    max: rounded(ratios.at(-1)!),
    nsPerRecord: Math.round(Math.min(...results.map(({ ns }) => ns))),
  };
}
