import { describe, expect, it } from '@jest/globals';
import {
  string,
  StreamsApp,
  StreamsBuilder,
  topic,
  type GroupMember,
  type LogPort,
  type LogReader,
} from '@hiveframe/streams';
import { afterTest, cluster, eventually, write } from '../../test/support/cluster.ts';

/** A log whose fetches and commits of offsets can be watched, and the answers of the latter held back. */
class WatchedCommits {
  member: GroupMember | null = null;
  readonly committed: number[] = [];
  /** Answers that brought something. */
  fetchCount = 0;
  answer: Promise<void> = Promise.resolve();
  readonly port: LogPort;

  constructor(port: LogPort) {
    this.port = {
      name: port.name,
      admin: port.admin,
      connect: (signal) => port.connect(signal),
      reader: (options) => this.#count(port.reader(options)),
      writer: () => port.writer(),
      transactionalWriter: (options) => port.transactionalWriter(options),
      group: (options, listener) => (this.member = this.#watch(port.group(options, listener))),
      close: (timeoutMs) => port.close(timeoutMs),
    };
  }

  #count(reader: LogReader): LogReader {
    const poll = reader.poll.bind(reader);
    reader.poll = async (options) => {
      const fetched = await poll(options);
      if (fetched.length > 0) this.fetchCount++;
      return fetched;
    };
    return reader;
  }

  #watch(member: GroupMember): GroupMember {
    const commit = member.commit.bind(member);
    member.commit = async (offsets) => {
      const { answer } = this;
      await commit(offsets);
      this.committed.push(...offsets.map(({ offset }) => offset));
      await answer;
    };
    return member;
  }
}

describe('a task that was closed while it committed', () => {
  it('commits nothing more, although its process is a member again', async () => {
    const shared = await cluster({ words: 1 });
    const log = new WatchedCommits(shared.share());
    const builder = new StreamsBuilder();
    const words = topic('words', { key: string(), value: string() });
    builder.stream(words).to(topic('copies', { key: string(), value: string() }));
    const app = new StreamsApp(builder.build(), {
      applicationId: 'copying',
      processingGuarantee: 'at_most_once',
      log: log.port,
    });
    afterTest(() => app.stop({ timeoutMs: 2_000 }).catch(() => {}));
    await app.start();
    const writeOne = () => write(shared, { topic: 'words', partition: 0 }, [record]);
    const record = { key: 'k', value: 'v', timestampMs: 1 };
    const answer = Promise.withResolvers<void>();
    log.answer = answer.promise;
    await writeOne();
    await eventually(async () => log.committed.length === 1, 'the first commit');
    log.answer = Promise.resolve();
    await writeOne(); // waits in the task behind that commit
    await eventually(async () => log.fetchCount === 2, 'the second record');
    log.member!.rejoin();
    await eventually(async () => log.committed.length === 2, 'the commit of the new task');
    answer.resolve();
    await writeOne();
    await eventually(async () => log.committed.includes(3), 'the last commit');
    expect(log.committed).toEqual([1, 2, 3]);
  });
});
