import type { Logger } from '@hiveframe/streams';

/** Warnings and errors to standard error, one line each: whoever tries something out must see why nothing comes. */
export const stderrLogger: Logger = {
  log: (level, text) => {
    if (level === 'warn' || level === 'error') process.stderr.write(`${level}: ${text}\n`);
  },
};
