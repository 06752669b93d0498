/** window key = key bytes | startMs int64 BE | endMs int64 BE */
import type { Windowed } from '../record/record.ts';
import { readInt64, writeInt64 } from '../record-batch/int64.ts';
import { asBuffer } from './bytes.ts';
import { madeOf, type Serde, type SerdeContext } from './serde.ts';
import { valueWriter, writesStraight } from './value-writer.ts';

export const WINDOW_BYTES = 16;

/** @internal */
export class WindowedSerde<K> implements Serde<Windowed<K>> {
  readonly format?: string;
  readonly prepare?: NonNullable<Serde<Windowed<K>>['prepare']>;
  readonly #key: Serde<K>;

  constructor(key: Serde<K>) {
    this.#key = key;
    Object.assign(this, madeOf('windowed', key));
    const writeKey = valueWriter(key);
    writesStraight(this, ({ key: own, window }, out, context) => {
      writeKey(own, out, context);
      out.int64(window.startMs);
      out.int64(window.endMs);
    });
  }

  serialize({ key, window }: Windowed<K>, context: SerdeContext): Buffer {
    const keyBytes = this.#key.serialize(key, context);
    const bytes = Buffer.allocUnsafe(keyBytes.length + WINDOW_BYTES);
    bytes.set(keyBytes, 0);
    writeInt64(bytes, window.startMs, keyBytes.length);
    writeInt64(bytes, window.endMs, keyBytes.length + 8);
    return bytes;
  }

  deserialize(bytes: Uint8Array, context: SerdeContext): Windowed<K> {
    return this.deserializeRange(asBuffer(bytes), 0, bytes.length, context);
  }

  deserializeRange(buffer: Buffer, start: number, end: number, context: SerdeContext): Windowed<K> {
    const keyEnd = end - WINDOW_BYTES;
    if (keyEnd < start) {
      throw new RangeError(`a windowed key has at least ${WINDOW_BYTES} bytes, not ${end - start}`);
    }
    const window = { startMs: readInt64(buffer, keyEnd), endMs: readInt64(buffer, keyEnd + 8) };
    return { key: this.#readKey(buffer, start, keyEnd, context), window };
  }

  #readKey(buffer: Buffer, start: number, end: number, context: SerdeContext): K {
    if (this.#key.deserializeRange !== undefined)
      return this.#key.deserializeRange(buffer, start, end, context);
    return this.#key.deserialize(buffer.subarray(start, end), context);
  }
}

/** Key bytes, then start and end of the window. */
export function windowed<K>(key: Serde<K>): Serde<Windowed<K>> {
  return new WindowedSerde(key);
}
