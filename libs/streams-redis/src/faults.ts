/** What an error of Redis or of the connection to it means, and what to do about it. */
import { StoreError } from '@hiveframe/streams';
import { tlsRefusal } from './refusal.ts';

export interface Fault {
  readonly reason: string;
  /** It passes by itself, mostly within seconds: the connection tries again. */
  readonly passing: boolean;
  /** The same call can succeed later without a change of settings. */
  readonly retryable: boolean;
}

/** Failover, start, resharding, a script that runs long. */
const PASSING = new Set([
  'LOADING',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'READONLY',
  'BUSY',
  'NOREPLICAS',
]);

const CLUSTER_ADVICE = 'the server is a node of a Redis Cluster: name its nodes in the option `cluster`';
const CREDENTIALS_ADVICE = 'check user and password, and that the user may use the keys and commands';
const ADVICE: Readonly<Record<string, string>> = {
  OOM: 'Redis is at its maxmemory and nothing was applied: raise maxmemory, or keep less state',
  MISCONF: 'Redis cannot save to disk and takes no writes: mend its disk, or see stop-writes-on-bgsave-error',
  NOAUTH: CREDENTIALS_ADVICE,
  WRONGPASS: CREDENTIALS_ADVICE,
  NOPERM: CREDENTIALS_ADVICE,
  WRONGTYPE:
    'another program has written keys of this name: the store is restored; choose another keyPrefix if it comes again',
  MOVED: CLUSTER_ADVICE,
  ASK: CLUSTER_ADVICE,
  HFSSINKTYPE: 'another program uses this key: choose another keyPrefix',
  HFSLAYOUT: 'the store was written as another kind or by another version: name it anew, or delete its keys',
};
/** Of a command or a key, as Redis 7 and 8 say it of a script. */
const FORBIDDEN_IN_SCRIPT = /The user executing the script can't|ACL failure in script/;
/** Also what opening the partition again finds and mends. */
const RETRYABLE = new Set(['OOM', 'MISCONF', 'WRONGTYPE']);

export function faultOf(error: Error): Fault {
  const { message } = error;
  if (!isReply(error)) {
    const refusal = tlsRefusal(error);
    return {
      reason: refusal ?? connectionReason(error),
      passing: refusal === null,
      retryable: refusal === null,
    };
  }
  const code = codeOf(message);
  const passing = PASSING.has(code) || message.includes('max number of clients');
  const advice = ADVICE[code];
  return {
    reason: advice === undefined ? message : `${message} (${advice})`,
    passing,
    retryable: passing || RETRYABLE.has(code),
  };
}

/** ioredis tells of its own options where only the connection is meant. */
function connectionReason({ name, message }: Error): string {
  if (name === 'MaxRetriesPerRequestError') return 'the connection was lost before the answer';
  const silence = /^Socket timeout.* (\d+)ms/.exec(message)?.[1];
  return silence === undefined ? message : `no answer within ${silence} ms`;
}

/** The error for the caller. It has no cause: ioredis' errors carry the command's arguments, passwords among them. */
export function storeError(what: string, address: string, fault: Fault): StoreError {
  return new StoreError(`Cannot ${what} (Redis at ${address}): ${fault.reason}.`, {
    retryable: fault.retryable,
  });
}

/** True for an error that the server answered. */
export function isReply(error: Error): boolean {
  return error.name === 'ReplyError';
}

/** `CODE text`; before Redis 7 an error inside a script was told as `ERR Error running script (...): -CODE text`. */
function codeOf(message: string): string {
  if (FORBIDDEN_IN_SCRIPT.test(message)) return 'NOPERM';
  return (/^ERR Error running script.*?: -([A-Z]+) /.exec(message) ?? /^([A-Z]+)\b/.exec(message))?.[1] ?? '';
}
