import type { Readable } from 'node:stream';
import type { StartedTestContainer } from 'testcontainers';

/** Resolves when the container has written `text`.
 *  @throws Error with the end of the log when the container ends, or when `timeoutMs` have passed */
export async function waitForLog(
  container: StartedTestContainer,
  text: string,
  timeoutMs: number,
): Promise<void> {
  const stream = await container.logs();
  const timeout = setTimeout(
    () => stream.destroy(new Error(`it was not there after ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    await findText(stream, text);
  } finally {
    clearTimeout(timeout);
    stream.destroy();
  }
}

async function findText(stream: Readable, text: string): Promise<void> {
  let log = '';
  try {
    for await (const chunk of stream) {
      log += String(chunk);
      if (log.includes(text)) return;
    }
    throw new Error('the container ended');
  } catch (error) {
    throw new Error(`Cannot find "${text}" in the container's log: ${String(error)}\n${log.slice(-2000)}`, {
      cause: error,
    });
  }
}
