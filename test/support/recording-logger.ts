import type { Logger } from '@hiveframe/streams';

/** Keeps what it is told: `level text`. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];

  log(level: string, text: string): void {
    this.lines.push(`${level} ${text}`);
  }
  /** The lines that contain the text. */
  with(text: string): string[] {
    return this.lines.filter((line) => line.includes(text));
  }
}
