import { describe, expect, it } from '@jest/globals';
import { faultOf, storeError } from './faults.ts';

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError', command: { args: ['s3cret'] } });
}

describe('faultOf', () => {
  it.each([
    'LOADING Redis is loading the dataset in memory',
    "READONLY You can't write against a read only replica.",
    'CLUSTERDOWN The cluster is down',
    'BUSY Redis is busy running a script.',
    'ERR max number of clients reached',
    "ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write against a read only replica.",
  ])('waits for %s to pass', (message) => {
    expect(faultOf(reply(message))).toMatchObject({ passing: true, retryable: true });
  });

  it('waits for a lost connection', () => {
    expect(faultOf(new Error('connect ECONNREFUSED'))).toEqual({
      reason: 'connect ECONNREFUSED',
      passing: true,
      retryable: true,
    });
  });

  it('does not wait for a certificate to become another', () => {
    const error = Object.assign(new Error('self-signed certificate'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' });
    expect(faultOf(error)).toEqual({
      reason: expect.stringContaining('`client.tls.ca` (SELF_SIGNED_CERT_IN_CHAIN)'),
      passing: false,
      retryable: false,
    });
  });

  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'raise maxmemory'],
    ['ERR Error running script (call to f_1): @user_script:9: -OOM command not allowed', 'raise maxmemory'],
    ['MISCONF Redis is configured to save RDB snapshots', 'mend its disk'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'choose another keyPrefix'],
  ])('tells at once of %s, which may be over later', (message, advice) => {
    const fault = faultOf(reply(message));
    expect(fault).toMatchObject({ passing: false, retryable: true });
    expect(fault.reason).toContain(advice);
  });

  it.each([
    ['WRONGPASS invalid username-password pair', 'check user and password'],
    ['NOAUTH Authentication required.', 'check user and password'],
    [
      "ERR The user executing the script can't run this command or subcommand script: f1, on @user_script:1.",
      'may use the keys and commands',
    ],
    ['ERR ACL failure in script: No permissions to access a key', 'may use the keys and commands'],
    ["NOPERM User x has no permissions to run the 'evalsha' command", 'check user and password'],
    ['MOVED 1234 10.0.0.1:6379', 'option `cluster`'],
    ['HFSLAYOUT window-1', 'name it anew'],
    ["ERR unknown command 'HELLO'", 'ERR unknown command'],
  ])('asks somebody to mend %s', (message, advice) => {
    const fault = faultOf(reply(message));
    expect(fault).toMatchObject({ passing: false, retryable: false });
    expect(fault.reason).toContain(advice);
  });

  it.each([
    [
      'MaxRetriesPerRequestError',
      'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.',
      'the connection was lost before the answer',
    ],
    [
      'Error',
      "Socket timeout. Expecting data, but didn't receive any in 10000ms.",
      'no answer within 10000 ms',
    ],
    ['Error', 'read ECONNRESET', 'read ECONNRESET'],
  ])('tells of the connection, not of options of ioredis: %s %s', (name, message, reason) => {
    const error = Object.assign(new Error(message), { name });
    expect(faultOf(error)).toEqual({ reason, passing: true, retryable: true });
  });

  it('keeps the arguments of commands out of the error', () => {
    const error = storeError('connect', 'host:1', faultOf(reply('WRONGPASS no')));
    expect(error).toMatchObject({ code: 'HFS_STORE', retryable: false });
    expect(error.message).toMatch(/^Cannot connect \(Redis at host:1\): WRONGPASS no/);
    expect(error.cause).toBeUndefined();
  });
});
