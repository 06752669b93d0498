/** Reads and writes JSON of a declared schema. Code generated for the schema answers for the plain cases, which are nearly all, and
 *  misses the others, which go the long way.
 *  J1 What is read is what the schema makes of JSON.parse's result, whatever the bytes.
 *  J2 What is written is what JSON.stringify makes of the value as the schema gives it: the declared fields, in the declared order.
 *     What the schema would refuse to read is not written. */
import { utf8 } from '../../record-batch/index.ts';
import { unlessForbidden } from '../generated-code.ts';
import { composeReader } from './closure-reader.ts';
import { requiring } from './fit.ts';
import { generateReader, type PlainReader } from './generated-reader.ts';
import { generateWriter } from './generated-writer.ts';
import { PlainText } from './plain-text.ts';
import { Scan } from './scan.ts';
import type { SchemaNode } from './schema-node.ts';

export function jsonReader(node: SchemaNode): PlainReader {
  const scan = new Scan();
  const plain = unlessForbidden(() => generateReader(node, scan)) ?? composeReader(node, scan);
  const require = requiring(node);
  return (bytes, start, end) => {
    const value = plain(bytes, start, end);
    return value === undefined ? require(JSON.parse(utf8(bytes, start, end))) : value;
  };
}

export function jsonWriter(node: SchemaNode): (value: unknown) => Buffer {
  const plain = unlessForbidden(() => generateWriter(node, new PlainText()));
  const require = requiring(node, refuseToWrite);
  const long = (value: unknown) => Buffer.from(JSON.stringify(require(value)), 'utf8');
  return plain === undefined ? long : (value) => plain(value) ?? long(value);
}

function refuseToWrite(faults: string): Error {
  return new TypeError(`Cannot write this as JSON: it does not fit the schema: ${faults}`);
}
