/** Kafka's compression codecs, by the number a batch's attributes carry. All run in the calling thread and answer at once. */
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { lz4Compress, lz4Decompress, snappyCompress } from '@platformatic/wasm-utils';
import { snappyDecompress } from './snappy.ts';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface Codec {
  readonly id: number;
  compress(records: Buffer): Buffer;
  decompress(body: Buffer): Buffer;
}

/** Levels are the Java producer's defaults. */
const GZIP_LEVEL = { level: constants.Z_DEFAULT_COMPRESSION };
const ZSTD_LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
const same = (bytes: Buffer): Buffer => bytes;

export const CODECS: Readonly<Record<Compression, Codec>> = {
  none: { id: 0, compress: same, decompress: same },
  gzip: {
    id: 1,
    compress: (records) => gzipSync(records, GZIP_LEVEL),
    decompress: (body) => gunzipSync(body),
  },
  snappy: { id: 2, compress: snappyCompress, decompress: snappyDecompress },
  lz4: { id: 3, compress: lz4Compress, decompress: lz4Decompress },
  zstd: {
    id: 4,
    compress: (records) => zstdCompressSync(records, ZSTD_LEVEL),
    decompress: (body) => zstdDecompressSync(body),
  },
};

const BY_ID: readonly Codec[] = Object.values(CODECS).sort((a, b) => a.id - b.id);

/** @throws Error when the number is none of Kafka's, or the bytes are damaged. */
export function decompress(id: number, body: Buffer): Buffer {
  const codec = BY_ID[id];
  if (!codec) throw new Error(`unknown compression codec ${id}`);
  return codec.decompress(body);
}
