/** Reads and writes JSON of a declared schema.
 *  J1 What is read is what the schema makes of JSON.parse's result, whatever the bytes: the plain reader answers only for bytes that
 *     it understands wholly, all others go the long way. */
import { utf8 } from '../../record-batch/index.ts';
import { composeReader } from './closure-reader.ts';
import { requiring } from './fit.ts';
import { generateReader, type PlainReader } from './generated-reader.ts';
import { Scan } from './scan.ts';
import type { SchemaNode } from './schema-node.ts';

export function jsonReader(node: SchemaNode): PlainReader {
  const plain = plainReader(node);
  const require = requiring(node);
  return (bytes, start, end) => {
    const value = plain(bytes, start, end);
    return value === undefined ? require(JSON.parse(utf8(bytes, start, end))) : value;
  };
}

function plainReader(node: SchemaNode): PlainReader {
  const scan = new Scan();
  try {
    return generateReader(node, scan);
  } catch (error) {
    if (error instanceof EvalError) return composeReader(node, scan);
    throw error;
  }
}
