/** Asks DuckDB; in a process of its own, for it is native code. Argument: the statement. Writes the rows as JSON. */
import { DuckDBInstance } from '@duckdb/node-api';

const instance = await DuckDBInstance.create();
const connection = await instance.connect();
const reader = await connection.runAndReadAll(process.argv[2]!);
process.stdout.write(JSON.stringify(reader.getRowObjectsJson()));
connection.closeSync();
instance.closeSync();
