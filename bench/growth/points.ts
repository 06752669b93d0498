/** What grows, from where to where. One thing at a time; the rest stays as it is in the smallest point. */
export interface Point {
  readonly dimension: keyof typeof DIMENSIONS;
  /** What the chart shows on its axis. */
  readonly size: number;
  /** See `scenarios/app/flows.ts`; its verifier has the same name. */
  readonly flow: 'count' | 'stateless';
  /** Over all topologies. */
  readonly records: number;
  readonly sensors: number;
  readonly partitions: number;
  /** Bytes that are added to each value. */
  readonly padding: number;
  /** In one application, each with an input topic of its own. */
  readonly topologies: number;
}

export const DIMENSIONS = {
  partitions: 'Partitions of the input, which are tasks',
  keys: 'Keys that are counted',
  valueBytes: 'Bytes of a value',
  topologies: 'Topologies in one process, four tasks each',
} as const;

/** Bytes of a reading in JSON, and of the field that pads it. */
const READING_BYTES = 100;
const counted = {
  flow: 'count',
  records: 500_000,
  sensors: 10_000,
  partitions: 4,
  padding: 0,
  topologies: 1,
} as const;
const read = { ...counted, flow: 'stateless', sensors: 1_000 } as const;

export const POINTS: readonly Point[] = [
  ...[1, 4, 16, 64].map((size) => ({ ...counted, dimension: 'partitions' as const, size, partitions: size })),
  ...[1_000, 10_000, 100_000, 1_000_000].map((size) => ({
    ...counted,
    dimension: 'keys' as const,
    size,
    sensors: size,
    records: 1_000_000,
  })),
  ...[100, 1_000, 10_000].map((size) => ({
    ...read,
    dimension: 'valueBytes' as const,
    size,
    padding: Math.max(0, size - READING_BYTES),
    records: Math.min(500_000, 500_000_000 / size),
  })),
  ...[1, 4, 16, 32].map((size) => ({ ...counted, dimension: 'topologies' as const, size, topologies: size })),
];
