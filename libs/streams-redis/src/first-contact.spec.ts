import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { RedisClient } from './client.ts';
import { FirstContact } from './first-contact.ts';

class FakeClient extends EventEmitter {
  stream = new EventEmitter();

  async try(options: { readonly connects: boolean }): Promise<void> {
    this.stream = Object.assign(new EventEmitter(), { connecting: true, destroyed: false });
    this.emit('connecting');
    await new Promise((resolve) => setImmediate(resolve));
    if (options.connects) this.stream.emit('connect');
  }
}

function watched(patienceMs: number, usesTls = false): { client: FakeClient; contact: FirstContact } {
  const client = new FakeClient();
  const contact = new FirstContact(client as unknown as RedisClient, { usesTls, patienceMs });
  return { client, contact };
}

describe('FirstContact', () => {
  it('gives up a server that takes connections but answers none, and says of what that is the mark', async () => {
    for (const [usesTls, cause] of [
      [false, 'a port that speaks TLS'],
      [true, 'a port without TLS'],
    ] as const) {
      const { client, contact } = watched(0, usesTls);
      await client.try({ connects: true });
      expect(contact.failed('read ECONNRESET')).toContain(cause);
    }
  });

  it('suspects a server that hangs up before anyone has seen the connection', () => {
    const { contact } = watched(0);
    contact.broke(Object.assign(new Error('write ECONNRESET'), { syscall: 'write' }));
    expect(contact.failed('write ECONNRESET')).toContain('a port that speaks TLS');
    contact.broke(Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' }));
    expect(contact.failed('connect ECONNREFUSED')).toBeNull();
  });

  it('has patience: a server that starts may do so, too', async () => {
    const { client, contact } = watched(60_000);
    await client.try({ connects: true });
    expect(contact.failed('read ECONNRESET')).toBeNull();
  });

  it('does not suspect a server that is not there, nor one that answers with an error', async () => {
    const { client, contact } = watched(0);
    await client.try({ connects: false });
    expect(contact.failed('connect ECONNREFUSED')).toBeNull();
    await client.try({ connects: true });
    contact.answered();
    expect(contact.failed('ERR max number of clients reached')).toBeNull();
  });
});
