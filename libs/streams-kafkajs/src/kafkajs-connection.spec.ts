import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@hiveframe/streams';
import { AuthenticationFailure, ConnectionFailure } from './cluster/failures.ts';
import type { Transport } from './cluster/transport.ts';
import { kafkajsTransport } from './kafkajs.ts';

const API_VERSIONS = 18;
const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;

/** The body of an answer; null: the connection is ended instead. */
type Answers = Readonly<Record<number, Buffer | null>>;

const int16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number) => Buffer.concat([int16(value >>> 16), int16(value)]);
const text = (value: string) => Buffer.concat([int16(value.length), Buffer.from(value)]);

const KNOWN = [API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE].map((key) =>
  Buffer.concat([int16(key), int16(0), int16(key === API_VERSIONS ? 2 : 1)]),
);
const OFFERS_PLAIN: Answers = {
  [API_VERSIONS]: Buffer.concat([int16(0), int32(KNOWN.length), ...KNOWN, int32(0)]),
  [SASL_HANDSHAKE]: Buffer.concat([int16(0), int32(1), text('PLAIN')]),
};

describe('a connection that authenticates', () => {
  let server: Server;
  let transport: Transport;
  afterEach(() => {
    transport.closeAll('the test is over');
    server.close();
  });

  async function connectTo(answers: Answers): Promise<unknown> {
    server = createServer((socket) => serve(socket, answers));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    transport = kafkajsTransport({
      clientId: 'test',
      ssl: false,
      sasl: { mechanism: 'plain', username: 'app', password: 's3cret' },
      connectionTimeoutMs: 1_000,
      requestTimeoutMs: 1_000,
      logger: silentLogger,
    });
    const { port } = server.address() as AddressInfo;
    return transport.open({ host: '127.0.0.1', port }).catch((error: unknown) => error);
  }

  it('comes up where the broker says yes', async () => {
    const yes = Buffer.concat([int16(0), int16(-1), int32(0), Buffer.alloc(8)]);
    expect(await connectTo({ ...OFFERS_PLAIN, [SASL_AUTHENTICATE]: yes })).toMatchObject({ isOpen: true });
  });

  it('is refused where the broker says no', async () => {
    const no = Buffer.concat([int16(58), text('Invalid username or password'), int32(0), Buffer.alloc(8)]);
    const error = await connectTo({ ...OFFERS_PLAIN, [SASL_AUTHENTICATE]: no });
    expect(error).toBeInstanceOf(AuthenticationFailure);
    expect(String(error)).toMatch(/refused the credentials: .*Invalid username or password/);
  });

  it('is not refused, but lost, where the broker goes down before it has said anything', async () => {
    for (const at of [API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE]) {
      const error = await connectTo({ ...OFFERS_PLAIN, [at]: null });
      expect([at, error]).toEqual([at, expect.any(ConnectionFailure)]);
      server.close();
    }
  });
});

/** Answers each request by its key: size, then key int16, version int16, correlation id int32. */
function serve(socket: Socket, answers: Answers): void {
  let pending = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE()) {
      const request = pending.subarray(4, 4 + pending.readInt32BE());
      pending = pending.subarray(4 + request.length);
      const body = answers[request.readInt16BE()];
      if (!body) return void socket.end();
      const answer = Buffer.concat([request.subarray(4, 8), body]);
      socket.write(Buffer.concat([int32(answer.length), answer]));
    }
  });
}
