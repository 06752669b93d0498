/** What of a schematic is ours. The files that they make are type-checked, linted and run in `test/starter`. */
import { logging, normalize } from '@angular-devkit/core';
import { Tree, type SchematicContext } from '@angular-devkit/schematics';
import { describe, expect, it } from '@jest/globals';
import { resolveElement } from './element-options.ts';
import { enterInModule } from './module-entry.ts';

const MODULE = `import { Module } from '@nestjs/common';
import { OrdersModule } from './orders/orders.module.js';

@Module({
  imports: [OrdersModule],
})
export class AppModule {}
`;

function project(files: Readonly<Record<string, string>>) {
  const tree = Tree.empty();
  for (const [path, text] of Object.entries(files)) tree.create(path, text);
  const logger = new logging.Logger('test');
  const warnings: string[] = [];
  logger.subscribe(({ level, message }) => void (level === 'warn' && warnings.push(message)));
  return { tree, warnings, context: { logger } as unknown as SchematicContext };
}
const ESM = { 'package.json': '{"type":"module"}' };
const lateOrders = (type: 'topology' | 'sink', path = 'src') => {
  const element = resolveElement(type, { name: 'lateOrders', path: '' });
  return { ...element, path: normalize(`${path}/${element.path}`) };
};

describe('resolveElement', () => {
  it.each([
    ['late-orders', {}, 'LateOrdersTopology', '/late-orders'],
    ['lateOrders', { flat: true }, 'LateOrdersTopology', '/'],
    ['orders/late', {}, 'LateTopology', '/orders/late'],
    ['late', { path: 'orders', flat: true }, 'LateTopology', '/orders'],
  ])('takes %s with %j for %s in %s', (name, options, className, path) => {
    expect(resolveElement('topology', { name, ...options })).toMatchObject({ className, path });
  });

  it('refuses a name that no class can have, and other languages', () => {
    expect(() => resolveElement('sink', { name: '2nd' })).toThrow(
      /Cannot name a sink "2nd": a name begins with/,
    );
    expect(() => resolveElement('topology', { name: 'orders/stream' })).toThrow(
      /Cannot name a topology "orders\/stream": StreamTopology is a name of the toolkit/,
    );
    expect(() => resolveElement('sink', { name: 'a', language: 'js' })).toThrow(
      /in js: there is TypeScript only/,
    );
  });
});

describe('enterInModule', () => {
  it('enters a class in the providers of the nearest module', () => {
    const { tree, context } = project({ ...ESM, 'src/app.module.ts': MODULE });
    enterInModule(tree, context, lateOrders('topology'));
    enterInModule(tree, context, lateOrders('sink'));
    const text = tree.readText('src/app.module.ts');
    expect(text).toContain("import { LateOrdersTopology } from './late-orders/late-orders.topology.js';");
    expect(text).toContain(
      '  imports: [OrdersModule],\n  providers: [LateOrdersTopology, LateOrdersSink],\n',
    );
  });

  it('imports as the module does: .ts, or without an end where there is no ESM', () => {
    const typed = project({ ...ESM, 'src/app.module.ts': MODULE.replace('.js', '.ts') });
    enterInModule(typed.tree, typed.context, lateOrders('sink'));
    expect(typed.tree.readText('src/app.module.ts')).toContain("'./late-orders/late-orders.sink.ts'");
    const common = project({ 'src/app.module.ts': MODULE.replace('.js', '') });
    enterInModule(common.tree, common.context, lateOrders('sink'));
    expect(common.tree.readText('src/app.module.ts')).toContain("'./late-orders/late-orders.sink'");
  });

  it('warns where there is no module', () => {
    const { tree, context, warnings } = project(ESM);
    enterInModule(tree, context, lateOrders('sink'));
    expect(warnings).toEqual([
      expect.stringMatching(/no module in .*: add LateOrdersSink to the providers of one/),
    ]);
  });

  it('refuses a module whose decorator it cannot read', () => {
    const { tree, context } = project({ ...ESM, 'src/app.module.ts': 'export class AppModule {}' });
    expect(() => enterInModule(tree, context, lateOrders('sink'))).toThrow(
      /Cannot enter LateOrdersSink in .*app\.module\.ts: it has no @Module\(\{ … \}\)\. Give --skip-import/,
    );
  });
});
