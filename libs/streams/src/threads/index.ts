export type { StreamThread, ThreadStreams, ThreadStreamsFactory } from './stream-thread.ts';
export {
  ThreadedStreamsApp,
  type ThreadedStreamsOptions,
  type ThreadFailure,
  type ThreadFailureResponse,
  type ThreadStatus,
} from './threaded-streams-app.ts';
