/** All groups of a log. They live as long as the process: after a restart every group begins anew, with its offsets. */
import type { Membership } from '@hiveframe/streams';
import { Group } from './group.ts';
import type { Topics } from '../broker/topics.ts';

export class Groups {
  readonly #topics: Topics;
  readonly #groups = new Map<string, Group>();

  constructor(topics: Topics) {
    this.#topics = topics;
  }

  group(id: string): Group {
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = new Group(id, (topics) => this.#partitionCounts(topics));
      this.#groups.set(id, group);
    }
    return group;
  }

  /** @throws LogError `fenced` */
  check(membership: Membership, what: string): void {
    this.group(membership.groupId).check(membership, what);
  }

  topicsCreated(topics: readonly string[]): void {
    for (const group of this.#groups.values()) group.topicsCreated(topics);
  }

  /** Topics that do not exist (yet) are absent. */
  #partitionCounts(topics: Iterable<string>): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const name of topics) {
      const topic = this.#topics.find(name);
      if (topic !== undefined) counts.set(name, topic.partitions.length);
    }
    return counts;
  }
}
