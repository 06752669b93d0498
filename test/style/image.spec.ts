import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);
const DOCKERFILE = readFileSync(new URL('Dockerfile', ROOT), 'utf8');

// npm ci in the image sees only the manifests that were copied before it: without one, a workspace's dependencies are missing.
describe('the image', () => {
  it.each(readdirSync(new URL('libs', ROOT)))('is built with the manifest of libs/%s', (name) => {
    expect(DOCKERFILE).toContain(`COPY libs/${name}/package.json libs/${name}/\n`);
  });
});
