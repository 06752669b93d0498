/** The connections of this process to Kafka and Redis: an answer can be taken off them. The service has done what it was asked, and the
 *  client sees a connection that broke. */
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Answers } from './answers.ts';
import { ANSWER_TAKEN } from './points.ts';

/** Kafka: `length int32 | api key int16 | api version int16 | correlation id int32 | …` */
const API_KEY_AT = 4;
const CORRELATION_ID_AT = 8;

/** The requests by which a step asks Kafka. */
export const API = {
  produce: 0,
  listOffsets: 2,
  offsetFetch: 9,
  initProducerId: 22,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const;

interface Awaited {
  readonly socket: Socket;
  readonly correlationId: number;
}

export class Wire {
  readonly #sockets = new Set<Socket>();
  /** Of which the next request will lose its answer. */
  #apiKey: number | null = null;
  #awaited: Awaited | null = null;
  readonly #deaf = new Set<Socket>();

  constructor() {
    subscribe('net.client.socket', (message) => {
      const { socket } = message as { socket: Socket };
      socket.once('connect', () => this.#watch(socket)); // not before: connecting puts its own `write` in place
    });
  }

  /** Takes the answer to the next request of this kind. */
  loseKafkaAnswer(apiKey: number): void {
    this.#apiKey = apiKey;
  }

  connectionsTo(port: number): readonly Socket[] {
    return [...this.#sockets].filter((socket) => socket.remotePort === port);
  }

  /** Takes all that comes on these connections until `done`, then closes them. */
  async loseAnswersOn(sockets: readonly Socket[], done: () => Promise<unknown>): Promise<void> {
    for (const socket of sockets) this.#deaf.add(socket);
    await done();
    for (const socket of sockets) this.#take(socket);
    this.#deaf.clear();
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const [write, push] = [socket.write.bind(socket) as Socket['write'], socket.push.bind(socket)];
    const answers = new Answers();
    socket.write = ((...args: Parameters<Socket['write']>) => {
      this.#sent(socket, args[0]);
      return write(...args);
    }) as Socket['write'];
    socket.push = (chunk: unknown, encoding?: BufferEncoding) =>
      this.#deaf.has(socket) ||
      push(Buffer.isBuffer(chunk) ? this.#keep(socket, chunk, answers) : chunk, encoding);
  }

  #sent(socket: Socket, bytes: unknown): void {
    if (this.#apiKey === null || !Buffer.isBuffer(bytes) || bytes.readInt16BE(API_KEY_AT) !== this.#apiKey)
      return;
    this.#apiKey = null;
    this.#awaited = { socket, correlationId: bytes.readInt32BE(CORRELATION_ID_AT) };
  }

  /** What comes before the awaited answer; with it the connection ends. */
  #keep(socket: Socket, chunk: Buffer, answers: Answers): Buffer {
    const awaited = this.#awaited?.socket === socket ? this.#awaited.correlationId : null;
    const at = answers.find(chunk, awaited);
    if (at === null) return chunk;
    this.#awaited = null;
    this.#take(socket);
    return chunk.subarray(0, at);
  }

  #take(socket: Socket): void {
    writeSync(2, `${ANSWER_TAKEN}\n`);
    socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })); // as the system would say
  }
}
