/** What a client must be allowed to do, for the error that says that it is not.
 *  https://kafka.apache.org/documentation/#operations_resources_and_protocols */
import { codeName, KafkaCode } from './protocol/error-codes.ts';

/** A request that was refused, and what it was about: a topic, group or transactional id. */
export interface RefusedRequest {
  readonly apiName: string;
  readonly resource?: string;
}

type Resource = 'topic' | 'group' | 'transactional-id' | 'cluster';

const RESOURCES: ReadonlyMap<number, Resource> = new Map<number, Resource>([
  [KafkaCode.TOPIC_AUTHORIZATION_FAILED, 'topic'],
  [KafkaCode.GROUP_AUTHORIZATION_FAILED, 'group'],
  [KafkaCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 'transactional-id'],
  [KafkaCode.CLUSTER_AUTHORIZATION_FAILED, 'cluster'],
]);

/** Of a topic; what is not here takes Read. */
const TOPIC_OPERATIONS: Readonly<Record<string, string>> = {
  Metadata: 'Describe',
  ListOffsets: 'Describe',
  DescribeConfigs: 'DescribeConfigs',
  CreateTopics: 'Create',
  Produce: 'Write',
  AddPartitionsToTxn: 'Write',
  DeleteRecords: 'Delete',
  DeleteTopics: 'Delete',
};

/** `The user needs Write on topic orders: …`; null for a code that is not about access. Read and Write imply Describe, so the
 *  stronger one is named where both are needed sooner or later. */
export function accessNeeded(code: number, refused: RefusedRequest | undefined): string | null {
  const type = RESOURCES.get(code);
  if (type === undefined) return null;
  const operation = operationOn(type, refused?.apiName ?? '');
  const name = type === 'cluster' ? '' : ` ${refused?.resource ?? ''}`.trimEnd();
  const flags = type === 'cluster' ? '--cluster' : `--${type}${name}`;
  return `${codeName(code)}. The user of this client needs ${operation} on ${type}${name}: grant it (kafka-acls --add --operation ${operation} ${flags}), then start again`;
}

function operationOn(type: Resource, apiName: string): string {
  switch (type) {
    case 'topic':
      return TOPIC_OPERATIONS[apiName] ?? 'Read';
    case 'group':
      return 'Read';
    case 'transactional-id':
      return 'Write';
    case 'cluster':
      return apiName === 'CreateTopics' ? 'Create' : 'IdempotentWrite';
  }
}
