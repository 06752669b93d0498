/** What a declared schema infers. */
import { json, schema, type InferJson, type Serde } from '@hiveframe/streams';
import { expectTypeOf } from './expect-type.ts';

const reading = schema.object({
  id: schema.string(),
  temperature: schema.number(),
  ok: schema.boolean(),
  state: schema.literal('ok', 'bad', 3),
  at: schema.timestamp(),
  site: schema.object({ zone: schema.nullable(schema.string()) }),
  tags: schema.optional(schema.array(schema.string())),
});
declare const value: InferJson<typeof reading>;
expectTypeOf(value).toEqual<{
  id: string;
  temperature: number;
  ok: boolean;
  state: 'ok' | 'bad' | 3;
  at: number;
  site: { zone: string | null };
  tags?: string[];
}>();
expectTypeOf(json(reading)).toEqual<Serde<InferJson<typeof reading>>>();
// @ts-expect-error a field of another type than the schema has
json<{ id: number }>(schema.object({ id: schema.string() }));
// @ts-expect-error optional is for fields of objects
schema.array(schema.optional(schema.string()));
