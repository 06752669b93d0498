import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';

const MODULE = JSON.stringify(new URL('./process-exit.ts', import.meta.url).href);

/** Runs `body` in a process of its own, with a `ProcessExit` named `exit`. */
function run(body: string): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const script = `import { ProcessExit } from ${MODULE}; const exit = new ProcessExit(); setInterval(() => {}, 1000); ${body}`;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['--input-type=module', '-e', script], (_, stdout) =>
      resolve({ code: child.exitCode, stdout }),
    );
  });
}

describe('ProcessExit', () => {
  it('closes and ends with code 1 when nobody listens to SIGTERM', async () => {
    const ended = await run(`exit.failed(async () => console.log('closed'), 5000)`);
    expect(ended).toEqual({ code: 1, stdout: 'closed\n' });
  });

  it("ends with code 1 also when the application's own SIGTERM handler exits with 0", async () => {
    const ended = await run(`
      process.on('SIGTERM', () => { console.log('graceful'); process.exit(0) });
      exit.failed(async () => console.log('not asked'), 5000)`);
    expect(ended).toEqual({ code: 1, stdout: 'graceful\n' });
  });

  it('ends with code 1 at the deadline when the graceful close hangs', async () => {
    const ended = await run(
      `process.on('SIGTERM', () => console.log('hangs')); exit.failed(async () => {}, 100)`,
    );
    expect(ended).toEqual({ code: 1, stdout: 'hangs\n' });
  });
});
