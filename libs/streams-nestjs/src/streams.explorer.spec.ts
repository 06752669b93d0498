import { json, topic, TopologyError, type StreamsBuilder } from '@hiveframe/streams';
import { describe, expect, it } from '@jest/globals';
import { Injectable, Module, Scope, type ModuleMetadata, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { StreamTopology } from './decorators/stream-topology.decorator.ts';
import { TopicSource } from './decorators/topic-source.decorator.ts';
import type { TopologyDefinition } from './interfaces/topology-definition.interface.ts';
import { StreamsExplorer } from './streams.explorer.ts';

@Injectable()
class Threshold {
  readonly celsius = 28;
}

@StreamTopology({ name: 'alerts' })
class AlertTopology implements TopologyDefinition {
  seen: readonly [builder: StreamsBuilder, celsius: number] | undefined;
  constructor(private readonly threshold: Threshold) {}
  build(builder: StreamsBuilder): void {
    builder.stream(topic('in', { value: json() })).to(topic('out', { value: json() }));
    this.seen = [builder, this.threshold.celsius];
  }
}

@StreamTopology()
class CountTopology implements TopologyDefinition {
  builder: StreamsBuilder | undefined;
  build(builder: StreamsBuilder): void {
    this.builder = builder;
  }
}

async function compile(metadata: ModuleMetadata) {
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [DiscoveryModule, ...(metadata.imports ?? [])],
    providers: [StreamsExplorer, ...(metadata.providers ?? [])],
  }).compile();
  return { module, explorer: module.get(StreamsExplorer) };
}
const failure = (build: () => unknown): string => {
  try {
    build();
  } catch (error) {
    expect(error).toBeInstanceOf(TopologyError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};
async function failureOf(...providers: Type[]): Promise<string> {
  const { explorer } = await compile({ providers });
  return failure(() => explorer.buildTopology());
}

describe('StreamsExplorer', () => {
  it('builds every decorated provider, with what its constructor injects, into one builder', async () => {
    const { module, explorer } = await compile({ providers: [Threshold, AlertTopology, CountTopology] });
    explorer.buildTopology();
    const [builder, celsius] = module.get(AlertTopology).seen ?? [];
    expect(celsius).toBe(28);
    expect(builder).toBeDefined();
    expect(module.get(CountTopology).builder).toBe(builder);
  });

  it('names a topology by its decorator, else by its class, and sorts by name whatever the order of providers', async () => {
    const { explorer } = await compile({ providers: [Threshold, AlertTopology, CountTopology] });
    expect(explorer.discover().map(({ name }) => name)).toEqual(['CountTopology', 'alerts']);
  });

  it('finds topologies in the modules of other features', async () => {
    @Module({ providers: [Threshold, AlertTopology] })
    class AlertModule {}
    const { explorer } = await compile({ imports: [AlertModule] });
    expect(explorer.discover().map(({ className }) => className)).toEqual(['AlertTopology']);
  });

  it('says what to do when there is no topology', async () => {
    expect(await failureOf(Threshold)).toMatch(
      /no provider is decorated with @StreamTopology\(\)\. Decorate/,
    );
  });

  it('names the class whose build throws, keeping the cause', async () => {
    @StreamTopology({ name: 'broken' })
    class BrokenTopology implements TopologyDefinition {
      build(): void {
        throw new RangeError('sizeMs must be positive');
      }
    }
    const { explorer } = await compile({ providers: [BrokenTopology] });
    const error = await Promise.resolve()
      .then(() => explorer.buildTopology())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      message: 'Cannot build topology "broken" (class BrokenTopology): sizeMs must be positive',
      cause: expect.any(RangeError),
    });
  });

  it('refuses a build that is async', async () => {
    @(StreamTopology() as ClassDecorator)
    class AsyncTopology {
      async build(): Promise<void> {
        await Promise.reject(new Error('not reported'));
      }
    }
    expect(await failureOf(AsyncTopology)).toMatch(
      /class AsyncTopology: build\(builder\) returned a promise/,
    );
  });

  it('refuses a request-scoped topology, also when only a dependency is', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {}
    @StreamTopology()
    class TenantTopology implements TopologyDefinition {
      constructor(readonly tenant: Tenant) {}
      build(): void {}
    }
    expect(await failureOf(Tenant, TenantTopology)).toMatch(/class TenantTopology: it, or a provider/);
  });

  it('refuses a class without build', async () => {
    @(StreamTopology() as ClassDecorator)
    class IdleTopology {}
    expect(await failureOf(IdleTopology)).toMatch(/class IdleTopology: it has no method build/);
  });

  it('refuses a class that two modules provide, since it would run twice', async () => {
    @Module({ providers: [CountTopology] })
    class FirstModule {}
    @Module({ providers: [CountTopology] })
    class SecondModule {}
    const { explorer } = await compile({ imports: [FirstModule, SecondModule] });
    expect(failure(() => explorer.discover())).toMatch(
      /CountTopology: it is provided by \w+Module and \w+Module/,
    );
  });

  it('refuses two topologies of one name', async () => {
    @StreamTopology({ name: 'CountTopology' })
    class OtherTopology implements TopologyDefinition {
      build(): void {}
    }
    expect(await failureOf(CountTopology, OtherTopology)).toMatch(
      /classes CountTopology and OtherTopology are both named "CountTopology"/,
    );
  });

  it('refuses two resumable sources of one name in an application: each would go on where the other stood', async () => {
    class Lines {
      readonly name: string = 'lines';
      readonly guarantee = 'exactly_once';
      readonly target = { topic: topic('in', { value: json() }) };
      async *start() {}
    }
    @TopicSource()
    class First extends Lines {}
    @TopicSource()
    class Second extends Lines {}
    @TopicSource()
    class Other extends Lines {
      override readonly name = 'others';
    }
    @TopicSource({ application: 'second' })
    class Elsewhere extends Lines {}
    const { explorer } = await compile({ providers: [First, Other, Elsewhere, Second] });
    expect(failure(() => explorer.sources('default'))).toBe(
      'Cannot run source classes First and Second: both are named "lines", so each would go on where the other stood. Give one of them another name.',
    );
    expect(explorer.sources('second')).toHaveLength(1);
  });
});
