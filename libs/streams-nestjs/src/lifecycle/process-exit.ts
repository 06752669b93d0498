/** Ends the process after a failure. A provider of its own, so that tests replace it. */
export class ProcessExit {
  /** Asks for the same graceful close as an orchestrator's SIGTERM when the application listens to it
   *  (`enableShutdownHooks`), else runs `close` alone; the exit code is 1 (or 143, if Nest ends the process by re-raising
   *  the signal). After `deadlineMs` the process ends in any case. */
  failed(close: () => Promise<void>, deadlineMs: number): void {
    process.once('exit', () => {
      process.exitCode = 1;
    });
    setTimeout(() => process.exit(1), deadlineMs).unref();
    if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
    else void close().finally(() => process.exit(1));
  }
}
