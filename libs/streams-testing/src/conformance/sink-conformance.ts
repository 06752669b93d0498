/** The published conformance suite of sinks: what a sink of each contract must do, said as tests. First by its calls alone, then
 *  behind the engine, with a crash and a zombie at every step of a commit.
 *
 *  It needs nothing but the sink, Jest (`@jest/globals`) and the engine. Each test uses a target of its own. */
import { describe } from '@jest/globals';
import type { AtLeastOnceSink, ExactlyOnceSink, StreamSink } from '@hiveframe/streams';
import { describeAtLeastOnceSink } from './sink-at-least-once-suite.ts';
import { describeSinkCrashes } from './sink-crash-suite.ts';
import { describeExactlyOnceSink } from './sink-exactly-once-suite.ts';

/** What the suite writes. `id` tells samples apart. */
export interface SinkSample {
  readonly id: number;
  readonly text: string;
}

/** An empty target: a table, a folder, a server. */
export interface SinkTargetUnderTest<S extends StreamSink<string, SinkSample>> {
  /** A fresh sink of this target, as another process makes one. It appends what it is given. The suite closes it. */
  sink(): S;
  /** The ids of all rows in the target, with what is there twice. */
  ids(): Promise<readonly number[]>;
  /** A sample that the target never takes. Left out: there is none, and nothing about it is tested. */
  readonly impossible?: SinkSample;
  /** Makes the target unreachable; the answer brings it back. Left out: not tested. */
  outage?(): Promise<() => Promise<void>>;
  /** Remembers rows and positions; calling the result brings them back, with the epochs as they are then: a target that has lost its
   *  last writes. Left out: not tested. */
  rollBackPoint?(): Promise<() => Promise<void>>;
}

export interface SinksUnderTest<S extends StreamSink<string, SinkSample>> {
  /** A new target, empty. */
  target(): Promise<SinkTargetUnderTest<S>>;
  /** Called once after the last test. */
  stop?(): Promise<void>;
}

/** Declares the suite of the exactly-once contract. `factory` is called at once; start containers in `target()`. */
export function describeExactlyOnceSinks(
  name: string,
  factory: () => SinksUnderTest<ExactlyOnceSink<string, SinkSample>>,
): void {
  describe(`exactly-once sink: ${name}`, () => {
    const subject = factory();
    describeExactlyOnceSink(subject);
    describeSinkCrashes(subject, 'exactly_once');
  });
}

/** Declares the suite of the at-least-once contract. */
export function describeAtLeastOnceSinks(
  name: string,
  factory: () => SinksUnderTest<AtLeastOnceSink<string, SinkSample>>,
): void {
  describe(`at-least-once sink: ${name}`, () => {
    const subject = factory();
    describeAtLeastOnceSink(subject);
    describeSinkCrashes(subject, 'at_least_once');
  });
}
