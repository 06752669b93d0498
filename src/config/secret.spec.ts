import { format, inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Secret } from './secret.ts';

describe('Secret', () => {
  const secret = new Secret('s3cret');
  it.each([
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ secret }, { showHidden: true, depth: 10 })],
    ['format', format('%s %o %O %j', secret, secret, secret, secret)],
    ['a copy', JSON.stringify(Object.assign({}, secret))],
    ['String', String(secret)],
  ])('is not shown by %s', (_, text) => {
    expect(text).not.toContain('s3cret');
  });
  it('is given to who asks for it', () => {
    expect(secret.reveal()).toBe('s3cret');
  });
  it('shows what stands in its place', () => {
    expect(String(new Secret('redis://u:p@r', 'redis://u:***@r'))).toBe('redis://u:***@r');
  });
});
