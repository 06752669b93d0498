/** The Java side, run as programs: `bench/peer` of this project. */
import { fileURLToPath } from 'node:url';
import { RunningProcess, run } from './child-process.ts';

const PEER = fileURLToPath(new URL('../../bench/peer/peer', import.meta.url));

export type PeerOptions = Readonly<Record<string, string | number>>;

function command(name: string, words: readonly (string | number)[], options: PeerOptions) {
  const flags = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
  return { name, command: PEER, args: [name, ...words.map(String), ...flags] };
}

/** Starts one of the peer's programs. */
export function startPeer(
  name: string,
  words: readonly (string | number)[],
  options: PeerOptions = {},
): RunningProcess {
  return new RunningProcess(command(name, words, options));
}

/** Runs one of the peer's programs to its end; its lines. */
export function runPeer(
  name: string,
  words: readonly (string | number)[],
  options: PeerOptions = {},
): Promise<readonly string[]> {
  return run(command(name, words, options));
}
