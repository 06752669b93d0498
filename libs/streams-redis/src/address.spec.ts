import { describe, expect, it } from '@jest/globals';
import { addressOf, parseRedisUrl } from './address.ts';

function parsed(url: string) {
  const faults: string[] = [];
  return { server: parseRedisUrl(url, 'url', faults), faults };
}

describe('parseRedisUrl', () => {
  it('reads everything a URL can say', () => {
    expect(parsed('rediss://worker:p%40ss@redis.example:6380/2').server).toEqual({
      host: 'redis.example',
      port: 6380,
      username: 'worker',
      password: 'p@ss',
      db: 2,
      tls: {},
    });
  });

  it('leaves out what it does not say', () => {
    expect(parsed('redis://localhost').server).toEqual({ host: 'localhost', port: 6379 });
    expect(parsed('redis://:secret@[::1]:7000').server).toEqual({
      host: '::1',
      port: 7000,
      password: 'secret',
    });
  });

  it.each(['localhost:6379', 'http://localhost', 'redis://', 'redis://user:s3cret@', 'redis://:s3cret@h:x'])(
    'refuses %s without repeating it',
    (url) => {
      const { faults } = parsed(url);
      expect(faults).toEqual([expect.stringContaining('url is no URL of the form')]);
      expect(faults.join()).not.toContain('s3cret');
    },
  );

  it('refuses a database that is no number', () => {
    expect(parsed('redis://localhost/zero').faults).toEqual(['url names a database that is no number']);
  });
});

describe('addressOf', () => {
  it.each([
    [null, { host: 'a', port: 1, password: 'secret' }, 'a:1'],
    [null, {}, 'localhost:6379'],
    [null, { host: '::1', port: 1 }, '[::1]:1'],
    [null, { path: '/run/redis.sock' }, '/run/redis.sock'],
    [null, { sentinels: [{ host: 's', port: 26379 }], name: 'main' }, 'master main of sentinels s:26379'],
    [
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      { password: 'secret' },
      'cluster a:1, b:2',
    ],
  ])('names %j, %j as %s', (nodes, client, expected) => {
    expect(addressOf(nodes, client)).toBe(expected);
  });
});
