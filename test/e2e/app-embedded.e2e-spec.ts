import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { freePort } from '../support/free-port.ts';
import { AppProcess } from './app-process.ts';

/** Small windows, so that tables come at once. */
const QUICK = { WINDOW_MS: '1000', WATERMARK_DELAY_MS: '200' };

describe('the application, embedded', () => {
  it('prints the banner, then tables, and nothing else on stdout', async () => {
    await using app = await AppProcess.start(QUICK);
    await app.waitFor('a table with all sensors', () =>
      /Window Results[^]*sensor-1[^]*sensor-2[^]*sensor-3/.test(app.stdout),
    );
    expect(app.stdout.split('\n').slice(0, 2)).toEqual([
      '🐝 Starting IoT Sensor Analytics Stream...',
      '='.repeat(60),
    ]);
    expect(app.stdout).toMatch(
      /\| sensor_id \| avg_temp \| max_temp \| min_temp \| avg_humidity \| alert_count \| reading_count \|/,
    );
    expect(app.stdout).not.toMatch(/HiveFrame|LOG|WARN|\[App\]/);
    expect(app.stderr).toMatch(/\[App\] Log: embedded, in memory/);
  }, 60_000);

  it('answers probes, and ends with code 0 on SIGTERM', async () => {
    await using app = await AppProcess.start(QUICK);
    expect(
      await app.waitFor('readiness', async () => {
        const answer = await app.health('ready');
        return answer?.code === 200 && answer;
      }),
    ).toMatchObject({
      body: { status: 'up', state: 'running' },
    });
    expect(await app.health('live')).toMatchObject({ code: 200, body: { status: 'up' } });
    app.kill('SIGTERM');
    expect(await app.exited).toEqual({ code: 0, signal: null });
    expect(app.stderr).not.toMatch(/ERROR|FATAL|\n\s+at /);
  }, 60_000);

  it('ends with code 0 on SIGINT, also while it starts', async () => {
    await using app = await AppProcess.start(QUICK);
    await app.waitFor('the first line', () => app.stderr.includes('[App]'));
    app.kill('SIGINT');
    expect(await app.exited).toEqual({ code: 0, signal: null });
  }, 60_000);

  it('prints no table when CONSOLE is off', async () => {
    await using app = await AppProcess.start({ ...QUICK, CONSOLE: 'false' });
    await app.waitFor('readiness', async () => (await app.health('ready'))?.code === 200);
    app.kill('SIGTERM');
    await app.exited;
    expect(app.stdout).toBe('');
  }, 60_000);

  it('refuses wrong settings with code 1: all faults, no stack', async () => {
    await using app = await AppProcess.start({ WINDOW_MS: 'soon', EMIT: 'never', KAFKA_BROKERS: 'kafka' });
    expect(await app.exited).toEqual({ code: 1, signal: null });
    expect(app.stdout).toBe('');
    expect(app.stderr).toBe(
      [
        'Cannot start: 3 settings are wrong.',
        '  KAFKA_BROKERS="kafka": must be host:port, several separated by commas',
        '  WINDOW_MS="soon": must be an integer from 1 to 31622400000 (milliseconds)',
        '  EMIT="never": must be one of final, updates',
        'Correct the environment and start again.',
        '',
      ].join('\n'),
    );
  }, 60_000);

  it('says which port is taken, and ends with code 1', async () => {
    const other = createServer().listen(await freePort(), '0.0.0.0');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await using app = await AppProcess.start({ ...QUICK, PORT: String(port) });
    expect(await app.exited).toEqual({ code: 1, signal: null });
    expect(app.stderr).toMatch(new RegExp(`Cannot listen: .*:${port}\\. Set PORT to a free port`));
    expect(app.stderr).not.toMatch(/\n\s+at /);
    other.close();
  }, 60_000);
});

describe('the application, without its Kafka', () => {
  it('is live but not ready, says so in plain lines, and still ends at once', async () => {
    await using app = await AppProcess.start({
      KAFKA_BROKERS: `127.0.0.1:${await freePort()}`,
      CONSOLE: 'false',
    });
    const ready = await app.waitFor('an answer', () => app.health('ready'));
    expect(ready).toMatchObject({
      code: 503,
      body: { status: 'down', reason: expect.stringMatching(/do not answer yet/) },
    });
    expect(await app.health('live')).toMatchObject({ code: 200 });
    await app.waitFor('a line on the failed try', () => /WARN.*127\.0\.0\.1/.test(app.stderr));
    expect(app.stderr).not.toMatch(/\n\s+at /);
    app.kill('SIGTERM');
    expect(await app.exited).toEqual({ code: 0, signal: null });
  }, 60_000);
});
