/** What the docstrings of the options leave unsaid, a line for each. */
import type { Option, OptionType } from './read-options.ts';

export function optionFaults(types: readonly OptionType[]): string[] {
  return types.flatMap((type) =>
    type.options.flatMap((option) => faultsOf(option).map((fault) => `${type.name}.${option.name} ${fault}`)),
  );
}

function faultsOf({ meaning, defaultValue }: Option): string[] {
  const faults: string[] = [];
  if (meaning === '') faults.push('has no meaning: say in its docstring what it does');
  if (defaultValue === '')
    faults.push('may be left out, and nothing says what holds then: add @defaultValue');
  return faults;
}
