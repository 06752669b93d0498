import { TopologyError } from '@hiveframe/streams';
import { describe, expect, it } from '@jest/globals';
import { Injectable, Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { FakeApp, untouchedLog } from '../test/fake-app.ts';
import { StreamTopology } from './decorators/stream-topology.decorator.ts';
import { StreamsHealthController } from './health/streams-health.controller.ts';
import { StreamsHealth } from './health/streams.health.ts';
import type { TopologyDefinition } from './interfaces/topology-definition.interface.ts';
import { StreamsModule } from './streams.module.ts';
import { getStreamsAppFactoryToken, getStreamsOptionsToken } from './streams.tokens.ts';

@Injectable()
class Settings {
  readonly applicationId = 'from-settings';
}
@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@StreamTopology()
class SettingsTopology implements TopologyDefinition {
  constructor(readonly settings: Settings) {}
  build(): void {}
}
const options = { applicationId: 'sensors', log: untouchedLog };

describe('StreamsModule', () => {
  it('takes its options from injected settings', async () => {
    const module = await Test.createTestingModule({
      imports: [
        StreamsModule.forRootAsync({
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: ({ applicationId }: Settings) => ({ applicationId, log: untouchedLog }),
        }),
      ],
    }).compile();
    expect(module.get(getStreamsOptionsToken())).toMatchObject({ applicationId: 'from-settings' });
  });

  it('injects into a topology of forFeature what its imports export', async () => {
    const module = await Test.createTestingModule({
      imports: [
        StreamsModule.forRoot(options),
        StreamsModule.forFeature([SettingsTopology], { imports: [SettingsModule] }),
      ],
    }).compile();
    expect(module.get(SettingsTopology).settings).toBeInstanceOf(Settings);
  });

  it('exports health everywhere, so that other probes can ask it', async () => {
    @Injectable()
    class Probe {
      constructor(readonly health: StreamsHealth) {}
    }
    @Module({ providers: [Probe] })
    class ProbeModule {}
    const module = await Test.createTestingModule({
      imports: [StreamsModule.forRoot(options), ProbeModule],
    }).compile();
    expect(module.get(Probe).health.live().state).toBe('created');
  });

  it('leaves the health routes out when told to', async () => {
    const imports = [StreamsModule.forRoot({ ...options, healthController: false })];
    const module = await Test.createTestingModule({ imports }).compile();
    expect(() => module.get(StreamsHealthController)).toThrow();
  });

  it('refuses in forFeature a class that is not decorated, by name', () => {
    class PlainTopology implements TopologyDefinition {
      build(): void {}
    }
    expect(() => StreamsModule.forFeature([PlainTopology])).toThrow(TopologyError);
    expect(() => StreamsModule.forFeature([PlainTopology])).toThrow(
      /class PlainTopology in forFeature: it is not decorated/,
    );
  });

  it('refuses in forFeature a class without build, by name', () => {
    @(StreamTopology() as ClassDecorator)
    class BareTopology {}
    expect(() => StreamsModule.forFeature([BareTopology as Type<TopologyDefinition>])).toThrow(
      /class BareTopology: it has no/,
    );
  });

  it('fails the bootstrap on a wrong topology, so that nothing starts half', async () => {
    const app = new FakeApp();
    const module = await Test.createTestingModule({ imports: [StreamsModule.forRoot(options)] })
      .overrideProvider(getStreamsAppFactoryToken())
      .useValue(app.factory)
      .compile();
    await expect(module.init()).rejects.toThrow(/no provider is decorated/);
    expect(app.starts).toBe(0);
  });

  it('leaves topologies to the stream threads where it has none itself', async () => {
    const app = new FakeApp();
    const threads = { module: new URL('file:///app/stream-thread.js'), numStreamThreads: 2 };
    const module = await Test.createTestingModule({
      imports: [StreamsModule.forRoot({ ...options, threads })],
    })
      .overrideProvider(getStreamsAppFactoryToken())
      .useValue(app.factory)
      .compile();
    await module.init();
    expect(app.topology).toBeNull();
    expect(app.starts).toBe(1);
    await module.close();
  });

  it('refuses a second forRoot of the same name: both would run every topology', async () => {
    const module = Test.createTestingModule({
      imports: [
        StreamsModule.forRoot(options),
        StreamsModule.forRoot({ ...options, applicationId: 'other' }),
      ],
    }).compile();
    await expect(module).rejects.toThrow(/two StreamsModule.forRoot have the name default/);
  });

  it('refuses a topology of an application that is not there, before anything starts', async () => {
    @StreamTopology({ application: 'biling' })
    class LostTopology extends SettingsTopology {}
    const module = await Test.createTestingModule({
      imports: [StreamsModule.forRoot({ ...options, name: 'billing' })],
      providers: [Settings, LostTopology],
    }).compile();
    await expect(module.init()).rejects.toThrow(
      /class LostTopology: it belongs to application biling, .*There is billing/,
    );
  });
});
