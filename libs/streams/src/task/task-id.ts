/** `<sub-topology>_<partition>`, as in Kafka Streams. */
export interface TaskId {
  readonly subTopology: number;
  readonly partition: number;
}

export function formatTaskId({ subTopology, partition }: TaskId): string {
  return `${subTopology}_${partition}`;
}

export function parseTaskId(text: string): TaskId {
  const [subTopology, partition] = text.split('_');
  return { subTopology: Number(subTopology), partition: Number(partition) };
}
