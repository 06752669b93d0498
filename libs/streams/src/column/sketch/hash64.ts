/** 64 bits of a text, as two unsigned halves: MurmurHash3 (x86, 32 bits; Appleby, public domain) with two seeds. */
export function hash64(text: string): readonly [high: number, low: number] {
  const bytes = Buffer.from(text, 'utf8');
  return [murmur3(bytes, 0x9747b28c), murmur3(bytes, 0x3c6ef372)];
}

function murmur3(bytes: Buffer, seed: number): number {
  const blocksEnd = bytes.length & ~3;
  let hash = seed;
  for (let at = 0; at < blocksEnd; at += 4) {
    hash ^= mixed(bytes.readInt32LE(at));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = bytes.length - 1; at >= blocksEnd; at--) tail = (tail << 8) | bytes[at]!;
  if (blocksEnd < bytes.length) hash ^= mixed(tail);
  return finish(hash ^ bytes.length);
}

function mixed(block: number): number {
  const half = Math.imul(block, 0xcc9e2d51);
  return Math.imul((half << 15) | (half >>> 17), 0x1b873593);
}

function finish(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
