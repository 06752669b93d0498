/** hiveframe reset */
import { InvalidArgumentError, type Command } from 'commander';
import { resetApplication, type ResetOptions, type ResetPlan } from '@hiveframe/streams';
import { addConnectionOptions, connect, type ConnectionFlags } from '../connect.ts';
import type { Terminal } from '../terminal.ts';

type ResetFlags = ConnectionFlags & {
  readonly to: NonNullable<ResetOptions['to']>;
  readonly dryRun?: boolean;
};

export function addReset(program: Command, { out, err }: Terminal): void {
  addConnectionOptions(program.command('reset'))
    .description(
      'Takes an application back to before its first start: deletes its changelogs, repartition and sink topics and its keys in Redis, and sets the offsets of its inputs. Refused while an instance is active. What it wrote to other topics stays.',
    )
    .option('--redis <url>', 'its Redis; left out: its state is in memory')
    .option('--key-prefix <prefix>', 'of its keys in Redis')
    .option('--topology <module>', 'its topology, for one that last ran before topologies were stored')
    .option(
      '--to <place>',
      'where its inputs are read from then: earliest, latest, or a time (ISO 8601)',
      toPlace,
      'earliest',
    )
    .option('--dry-run', 'only tell what would be done')
    .action(async (flags: ResetFlags) => {
      const { applicationId, topology, log, stores, close } = await connect('reset', flags, err);
      try {
        const dryRun = flags.dryRun === true;
        const options = { applicationId, log, to: flags.to, dryRun };
        const plan = await resetApplication({
          ...options,
          ...(stores !== undefined && { stores }),
          ...(topology !== undefined && { topology }),
        });
        out(tell(plan, dryRun));
      } finally {
        await close();
      }
    });
}

function toPlace(text: string): NonNullable<ResetOptions['to']> {
  if (text === 'earliest' || text === 'latest') return text;
  const timestampMs = Date.parse(text);
  if (Number.isNaN(timestampMs))
    throw new InvalidArgumentError('It is earliest, latest, or a time such as 2026-01-30T10:00:00Z.');
  return { timestampMs };
}

function tell({ applicationId, deletedTopics, clearedStores, offsets }: ResetPlan, dryRun: boolean): string {
  const lines = [
    ...clearedStores.map(({ store, numPartitions }) => `store   ${store} (${numPartitions} partitions)`),
    ...deletedTopics.map((topic) => `topic   ${topic}`),
    ...offsets.map(({ topic, partition, offset }) => `offset  ${topic}-${partition} to ${offset}`),
  ];
  const what = dryRun ? `Would reset ${applicationId} (nothing was changed):` : `Reset ${applicationId}:`;
  return [what, ...lines.map((line) => `  ${line}`), ''].join('\n');
}
