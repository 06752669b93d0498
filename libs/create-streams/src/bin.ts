#!/usr/bin/env node
/** Loads nothing before it knows that this Node can run it. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(
    `error: Cannot create a service with Node.js ${process.versions.node}: what it is built with needs 22.22 or newer. Install Node.js 24 and run this again.\n`,
  );
  process.exitCode = 1;
} else {
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interactive: process.stdin.isTTY && process.stdout.isTTY,
  });
}

export {};
