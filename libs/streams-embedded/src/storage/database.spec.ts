import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openDatabase } from './database.ts';

describe('openDatabase', () => {
  it('makes the folders that are missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'embedded-'));
    try {
      openDatabase(join(folder, 'a', 'b')).close();
      openDatabase(join(folder, 'a', 'b')).close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  (process.platform === 'linux' ? it : it.skip)('says at once that a folder cannot be made', () => {
    expect(() => openDatabase('/proc/nope/log')).toThrow(/^Cannot open the log in \/proc\/nope\/log/);
  });
});
