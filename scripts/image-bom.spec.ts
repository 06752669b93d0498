import { describe, expect, it } from '@jest/globals';
import { completeBom, type Bom, type Component } from './image-bom.ts';

const library = (name: string): Component => ({
  'bom-ref': `${name}@1.0.0`,
  type: 'library',
  name,
  version: '1.0.0',
  purl: `pkg:npm/${name}@1.0.0`,
});
const BOM: Bom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  metadata: { component: { ...library('app'), type: 'application' } },
  components: [library('kafkajs')],
};
const BELOW = { node: '24.1.0', debian: ['libstdc++6 12.2.0-14+deb12u1 amd64'], release: '12' };

describe('the bill of materials of the image', () => {
  it('keeps what npm lists, and adds Node and the packages of Debian', () => {
    const { components } = completeBom(BOM, 'service', BELOW);
    expect(components.map(({ purl }) => purl)).toEqual([
      'pkg:npm/kafkajs@1.0.0',
      'pkg:generic/node@24.1.0',
      'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12',
    ]);
  });

  it('names what the image runs, not the folder that it lies in', () => {
    const { metadata } = completeBom(BOM, 'service', BELOW);
    expect(metadata.component).toMatchObject({ name: 'service', type: 'application' });
  });
});
