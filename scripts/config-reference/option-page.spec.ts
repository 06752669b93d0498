import { describe, expect, it } from '@jest/globals';
import { optionFaults } from './option-faults.ts';
import { optionPage } from './option-page.ts';
import type { Option, OptionType } from './read-options.ts';

const WAIT: Option = {
  name: 'waitMs',
  meaning: 'How long `a | b` waits for <topic>.',
  type: 'ms',
  defaultValue: '1_000, as Kafka Streams',
  kafkaName: 'max.wait.ms',
};

function typeWith(...options: Option[]): OptionType {
  return { package: 'streams', name: 'WaitOptions', meaning: '', options, includes: ['MoreOptions'] };
}

describe('the page of the options', () => {
  it('has a row for each option: meaning, unit, default, name in Kafka', () => {
    expect(
      optionPage([
        typeWith(WAIT, { ...WAIT, name: 'topic', type: 'string', defaultValue: null, kafkaName: null }),
      ]),
    ).toContain(`### WaitOptions

It takes the options of [MoreOptions](#moreoptions) too.

| option | meaning | unit or type | default | Kafka |
| - | - | - | - | - |
| \`waitMs\` | How long \`a \\| b\` waits for &lt;topic>. | ms | \`1_000\`, as Kafka Streams | \`max.wait.ms\` |
| \`topic\` | How long \`a \\| b\` waits for &lt;topic>. | \`string\` | **required** |  |
`);
  });

  it('is refused for an option without a meaning, and for one that may be left out without a default', () => {
    expect(optionFaults([typeWith(WAIT)])).toEqual([]);
    expect(optionFaults([typeWith({ ...WAIT, meaning: '', defaultValue: '' })])).toEqual([
      'WaitOptions.waitMs has no meaning: say in its docstring what it does',
      'WaitOptions.waitMs may be left out, and nothing says what holds then: add @defaultValue',
    ]);
  });
});
