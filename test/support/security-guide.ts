/** The commands of docs/guide/security.md, so that tests run what people are told to. */
import { readFileSync } from 'node:fs';

const GUIDE = new URL('../../docs/guide/security.md', import.meta.url);

/** The lines of the guide's fences that begin with `start`, in their order; lines that end in a backslash go on in the next one. */
export function guideCommands(start: string): readonly string[] {
  const fences = readFileSync(GUIDE, 'utf8').matchAll(/^```\w*\n(.*?)^```/gms);
  const lines = [...fences].flatMap(([, text]) => text!.replace(/\\\n\s*/g, '').split('\n'));
  const commands = lines.filter((line) => line.startsWith(start));
  if (commands.length === 0) throw new Error(`${GUIDE.pathname} has no command that begins with ${start}`);
  return commands;
}
