/** The application in a stream thread: made of the same module and the same environment as in the main thread. */
import { nestStreams } from '@hiveframe/streams-nestjs';
import { AppModule } from './app.module.ts';
import { parseSettings } from './config/settings.ts';

export default nestStreams(() => AppModule.forSettings(parseSettings(process.env)));
