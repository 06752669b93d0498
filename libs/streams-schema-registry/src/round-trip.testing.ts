/** For the specs of the serdes. */
import { whenReady, type Bytes, type Serde, type SerdeContext } from '@hiveframe/streams';

export const context: SerdeContext = { topic: 't', part: 'value', headers: () => [] };

/** Writes and reads a value; its bytes lie between others, as they do in a batch. */
export async function preparedRoundTrip<T>(serde: Serde<T>): Promise<(value: T) => T> {
  await serde.prepare!('t', 'value');
  return (value) => {
    const bytes = serde.serialize(value, context);
    const batch = Buffer.concat([Buffer.from([1, 2, 3]), bytes, bytes]);
    return serde.deserializeRange!(batch, 3, 3 + bytes.length, context);
  };
}

export async function readWith<T>(serde: Serde<T>, bytes: Bytes): Promise<T> {
  return whenReady(() => serde.deserialize(bytes, context));
}
