/** Starts a thread from the sources, outside Jest's modules. */
import { Worker, type WorkerOptions } from 'node:worker_threads';

export function sourceWorker(resourceLimits: WorkerOptions['resourceLimits'] = {}) {
  return (main: URL, options: WorkerOptions): Worker =>
    new Worker(main, {
      ...options,
      resourceLimits,
      execArgv: ['--conditions=hf-source', '--disable-warning=ExperimentalWarning'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
}
