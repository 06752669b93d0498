/** Snappy as Kafka's clients write it: plain (librdkafka, Go, this package), or in xerial's framing (Java):
 *  magic 82 'SNAPPY' 00 | version i32 | compatible version i32 | (block length i32 | plain snappy block)* */
import { snappyDecompress as decompressBlock } from '@platformatic/wasm-utils';

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

export function snappyDecompress(body: Buffer): Buffer {
  if (!isXerial(body)) return decompressBlock(body);
  const blocks: Buffer[] = [];
  let at = XERIAL_HEADER_BYTES;
  while (at < body.length) {
    const start = at + 4;
    const end = start + body.readInt32BE(at);
    if (end > body.length) throw new RangeError('the last snappy block is cut off');
    blocks.push(decompressBlock(body.subarray(start, end)));
    at = end;
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks);
}

function isXerial(body: Buffer): boolean {
  return body.length >= XERIAL_HEADER_BYTES && body.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC);
}
